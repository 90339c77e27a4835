import { type ChildProcess, spawn } from 'node:child_process';
import net from 'node:net';
import path from 'node:path';

/** A Python that has the real `azureml-inference-server-http`; undefined where there is none. */
export const peerPython: string | undefined = process.env.TRITON_LOCAL_TEST_PYTHON || undefined;

/** The real scoring server (gunicorn and all) with one entry script, on a port of its own. */
export class RealScoringServer implements AsyncDisposable {
  readonly port: number;
  readonly #process: ChildProcess;

  private constructor(port: number, process: ChildProcess) {
    this.port = port;
    this.#process = process;
  }

  static async start(
    entryScript: string,
    { workers = 1, variables = {} }: { workers?: number; variables?: Readonly<Record<string, string>> } = {},
  ): Promise<RealScoringServer> {
    if (!peerPython) throw new Error('TRITON_LOCAL_TEST_PYTHON is not set');
    const port = await freePort();
    const child = spawn(
      peerPython,
      ['-m', 'azureml_inference_server_http', '--entry_script', entryScript, '--port', String(port)],
      {
        cwd: path.dirname(entryScript),
        env: {
          ...process.env,
          PATH: `${path.dirname(peerPython)}${path.delimiter}${process.env.PATH}`,
          PYTHONDONTWRITEBYTECODE: '1',
          WORKER_COUNT: String(workers),
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
        if (log.split('ready for serving traffic').length > workers) resolve();
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

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
