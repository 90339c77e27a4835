import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';

/** A bash that runs one command after another, as a reader of a page does: variables and the folder stay. */
export class Shell implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<unknown>;
  #output = '';

  constructor(options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }) {
    this.#child = spawn('bash', ['--noprofile', '--norc'], options);
    this.#child.stdout.on('data', (chunk: Buffer) => {
      this.#output += chunk;
    });
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#output += chunk;
    });
    this.#ended = once(this.#child, 'close');
  }

  /** Runs a command to its end; what it wrote to both streams, and its exit status. */
  async run(command: string, limitMs: number): Promise<{ readonly output: string; readonly status: number }> {
    this.#output = '';
    const mark = randomUUID();
    this.#child.stdin.write(`{ ${command}\n} </dev/null\necho "${mark} $?"\n`);
    const end = new RegExp(`^([^]*)${mark} (\\d+)\n`);
    const [, output = '', status] = await this.#until(command, limitMs, () => end.exec(this.#output));
    return { output, status: Number(status) };
  }

  /** Starts a command that stays in the foreground of its own terminal; waits until its output is as wanted. */
  async start(command: string, limitMs: number, isThere: (output: string) => boolean): Promise<void> {
    this.#output = '';
    this.#child.stdin.write(`{ ${command}\n} </dev/null &\n`);
    await this.#until(command, limitMs, () => isThere(this.#output) || undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin.end('wait\n');
    await this.#ended;
  }

  async #until<Result>(command: string, limitMs: number, find: () => Result): Promise<NonNullable<Result>> {
    const deadline = Date.now() + limitMs;
    for (;;) {
      const found = find();
      if (found) return found;
      if (Date.now() > deadline)
        throw new Error(`$ ${command}\nnever came to its end; it wrote:\n${this.#output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
