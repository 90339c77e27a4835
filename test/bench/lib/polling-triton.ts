import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { askPython, makeBackendDirectory } from '../../../src/engines/native/backend-directory.ts';
import { describeInstallation } from '../../../src/engines/native/installation.ts';
import { freePort } from '../../helpers/free-port.ts';
import { realTriton } from '../../helpers/triton.ts';

/** The real `tritonserver` in poll mode on a model repository, as users without us run it. */
export class PollingTriton implements AsyncDisposable {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(port: number, child: ChildProcess) {
    this.url = `http://127.0.0.1:${port}`;
    this.#child = child;
  }

  /** @param workDirectory for the links to its backends */
  static async start(repository: string, workDirectory: string): Promise<PollingTriton> {
    const installation = describeInstallation(realTriton ?? '');
    const { python = 'python3', libraryDirectories } = installation;
    const environment = { ...process.env } as Record<string, string>;
    const facts = await askPython(python, environment);
    const backends = await makeBackendDirectory(installation, facts.version, workDirectory);
    const port = await freePort();
    const child = spawn(
      installation.program,
      [
        `--model-repository=${repository}`,
        `--backend-directory=${backends}`,
        '--model-control-mode=poll',
        '--repository-poll-secs=1',
        '--http-address=127.0.0.1',
        `--http-port=${port}`,
        '--allow-grpc=false',
        '--allow-metrics=false',
        `--backend-config=python,shm-region-prefix-name=bench-${process.pid}-`,
      ],
      {
        env: {
          ...environment,
          PATH: [path.dirname(python), environment.PATH].join(path.delimiter),
          LD_LIBRARY_PATH: [facts.libraryDirectory, ...libraryDirectories].join(path.delimiter),
        },
        stdio: 'ignore',
      },
    );
    const triton = new PollingTriton(port, child);
    await triton.#untilReady();
    return triton;
  }

  async #untilReady(): Promise<void> {
    for (let attempt = 0; attempt < 300; attempt += 1) {
      const answer = await fetch(`${this.url}/v2/health/ready`).catch(() => undefined);
      if (answer?.status === 200) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error('tritonserver does not get ready');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    await ended;
  }
}
