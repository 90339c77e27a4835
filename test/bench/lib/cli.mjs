import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkoutCli, childEnvironment } from '../../helpers/emulator-process.ts';

const START_LIMIT_MS = 60_000;

/**
 * `triton-local up` with plain lines into a file, as a user has it who keeps a log: unlike EmulatorProcess it makes
 * the measuring process read nothing while the load runs.
 */
export class Cli {
  scoring;
  http;
  #child;
  #folder;

  static async start(directory, args = [], variables = {}) {
    const cli = new Cli();
    cli.#folder = await mkdtemp(path.join(tmpdir(), 'triton-local-bench-'));
    const log = path.join(cli.#folder, 'log');
    const file = await open(log, 'a');
    const [program, ...first] = checkoutCli;
    cli.#child = spawn(
      program,
      [
        ...first,
        'up',
        directory,
        '--engine',
        'embedded',
        '--port',
        '0',
        '--http-port',
        '0',
        '--ui',
        'plain',
        ...args,
      ],
      {
        env: { ...childEnvironment(cli.#folder, cli.#folder), ...variables },
        stdio: ['ignore', file.fd, file.fd],
      },
    );
    await file.close();
    const since = performance.now();
    for (;;) {
      const text = await readFile(log, 'utf8');
      cli.scoring = /^ +scoring +(\S+?)(?:\/score)?$/m.exec(text)?.[1];
      cli.http = /^ +Triton +(\S+)$/m.exec(text)?.[1];
      if (cli.scoring && cli.http) return cli;
      if (cli.#child.exitCode !== null || performance.now() - since > START_LIMIT_MS)
        throw new Error(`triton-local did not become ready:\n${text}`);
      await sleep(20);
    }
  }

  get pid() {
    return this.#child.pid;
  }

  async [Symbol.asyncDispose]() {
    this.#child.kill('SIGTERM');
    await once(this.#child, 'exit');
    await rm(this.#folder, { recursive: true, force: true });
  }
}
