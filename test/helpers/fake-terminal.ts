import { PassThrough, Writable } from 'node:stream';
import headless from '@xterm/headless';

/** A terminal: what is written to `stdout` shows up on a real emulated screen, what is typed comes out of `stdin`. */
export class FakeTerminal {
  readonly stdout: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  /** Every byte that was written. */
  bytes = '';
  writes = 0;
  rawMode = false;
  readonly #emulated: headless.Terminal;
  readonly #output: Writable & { columns: number; rows: number; isTTY: boolean };
  readonly #input: PassThrough;

  constructor(columns: number, rows: number) {
    // As the line discipline of a real terminal does: a line feed is a new line.
    const options = { allowProposedApi: true, convertEol: true, scrollback: 1_000 };
    this.#emulated = new headless.Terminal({ ...options, cols: columns, rows });
    const output = new Writable({
      decodeStrings: false,
      write: (chunk: string | Buffer, _encoding, done) => {
        const text = String(chunk);
        this.bytes += text;
        this.writes += 1;
        this.#emulated.write(text);
        done();
      },
    });
    this.#output = Object.assign(output, { columns, rows, isTTY: true });
    this.#input = Object.assign(new PassThrough(), {
      isTTY: true,
      setRawMode: (on: boolean) => {
        this.rawMode = on;
        return this.#input;
      },
      ref: () => this.#input,
      unref: () => this.#input,
    });
    this.stdout = this.#output as unknown as NodeJS.WriteStream;
    this.stdin = this.#input as unknown as NodeJS.ReadStream;
  }

  type(keys: string): void {
    this.#input.write(keys);
  }

  hangUp(): void {
    this.#input.end();
  }

  resize(columns: number, rows: number): void {
    this.#emulated.resize(columns, rows);
    this.#output.columns = columns;
    this.#output.rows = rows;
    this.#output.emit('resize');
  }

  /** The rows that a person sees now. */
  async screen(): Promise<string[]> {
    await new Promise<void>((resolve) => this.#emulated.write('', resolve));
    const { active } = this.#emulated.buffer;
    return Array.from({ length: this.#emulated.rows }, (_, row) => {
      return active.getLine(active.baseY + row)?.translateToString(true) ?? '';
    });
  }

  async text(): Promise<string> {
    return (await this.screen()).join('\n');
  }

  /** Which buffer shows: `alternate` while the screen is up. */
  async buffer(): Promise<'normal' | 'alternate'> {
    await this.screen();
    return this.#emulated.buffer.active.type;
  }

  get wraps(): boolean {
    return this.#emulated.modes.wraparoundMode;
  }

  /** Resolves as soon as the screen shows what is looked for; fails with the screen after eight seconds. */
  async shows(expected: string | RegExp): Promise<string> {
    const deadline = performance.now() + 8_000;
    for (;;) {
      const text = await this.text();
      if (typeof expected === 'string' ? text.includes(expected) : expected.test(text)) return text;
      if (performance.now() > deadline) throw new Error(`the screen never showed ${expected}:\n${text}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
