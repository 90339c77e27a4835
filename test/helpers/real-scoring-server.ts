import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { freePort } from './free-port.ts';
import { requirePeerPython } from './python.ts';

interface RealScoringServerOptions {
  readonly directory?: string;
  readonly workers?: number;
  readonly variables?: Readonly<Record<string, string>>;
}

/** `azureml-inference-server-http`, gunicorn included, with one entry script, on a free port. */
export class RealScoringServer implements AsyncDisposable {
  readonly port: number;
  readonly #process: ChildProcess;

  private constructor(port: number, process: ChildProcess) {
    this.port = port;
    this.#process = process;
  }

  /** @param entryScript absolute, or relative to `directory`, the working directory: by default the script's folder */
  static async start(
    entryScript: string,
    options: RealScoringServerOptions = {},
  ): Promise<RealScoringServer> {
    const { directory = path.dirname(entryScript), workers, variables = {} } = options;
    const python = requirePeerPython();
    const port = await freePort();
    const child = spawn(
      python,
      ['-m', 'azureml_inference_server_http', '--entry_script', entryScript, '--port', String(port)],
      {
        cwd: directory,
        env: {
          ...process.env,
          PATH: `${path.dirname(python)}${path.delimiter}${process.env.PATH}`,
          PYTHONDONTWRITEBYTECODE: '1',
          ...(workers !== undefined && { WORKER_COUNT: String(workers) }),
          ...variables,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      },
    );
    await new Promise<void>((resolve, reject) => {
      let log = '';
      const read = (chunk: Buffer) => {
        log = (log + chunk).slice(-100_000);
        if (log.split('ready for serving traffic').length > (workers ?? 1)) resolve();
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`the real server ended with ${code}: ${log}`)));
    });
    return new RealScoringServer(port, child);
  }

  /** gunicorn's master; its workers are its children. */
  get pid(): number {
    return this.#process.pid ?? -1;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { pid, exitCode } = this.#process;
    if (pid === undefined || exitCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    // The master and its workers are one process group, which is ours alone.
    process.kill(-pid, 'SIGKILL');
    await ended;
  }
}
