import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { freePort } from '../../helpers/free-port.ts';
import { peerPython } from '../../helpers/python.ts';

/** The real scoring server on one port, restarted on every save as a file watcher in front of it would. */
export class RestartedAzmlinfsrv implements AsyncDisposable {
  readonly url: string;
  readonly #script: string;
  readonly #port: number;
  #child: ChildProcess | undefined;

  private constructor(script: string, port: number) {
    this.#script = script;
    this.#port = port;
    this.url = `http://127.0.0.1:${port}/score`;
  }

  static async start(script: string): Promise<RestartedAzmlinfsrv> {
    const server = new RestartedAzmlinfsrv(script, await freePort());
    server.#start();
    await server.#untilAnswering();
    return server;
  }

  async restart(): Promise<void> {
    await this.#end('SIGTERM');
    this.#start();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#end('SIGKILL');
  }

  #start(): void {
    const python = peerPython ?? 'python3';
    const args = ['--entry_script', this.#script, '--port', String(this.#port)];
    this.#child = spawn(python, ['-m', 'azureml_inference_server_http', ...args], {
      cwd: path.dirname(this.#script),
      env: {
        ...process.env,
        PATH: `${path.dirname(python)}${path.delimiter}${process.env.PATH}`,
        PYTHONDONTWRITEBYTECODE: '1',
        WORKER_COUNT: '1',
      },
      stdio: 'ignore',
      detached: true,
    });
  }

  async #untilAnswering(): Promise<void> {
    for (let attempt = 0; attempt < 300; attempt += 1) {
      const answer = await fetch(new URL('/', this.url)).catch(() => undefined);
      await answer?.body?.cancel();
      if (answer?.status === 200) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error('azmlinfsrv does not answer');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    // The master and its workers are a process group of their own.
    process.kill(-child.pid, signal);
    await ended;
  }
}
