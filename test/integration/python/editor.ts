import net from 'node:net';

interface Message {
  readonly seq: number;
  readonly type: string;
  readonly event?: string;
  readonly command?: string;
  readonly request_seq?: number;
  readonly success?: boolean;
  readonly message?: string;
  readonly body?: Record<string, unknown>;
}

/** An editor that attaches to debugpy: the Debug Adapter Protocol as VS Code speaks it, as far as a test needs it. */
export class Editor implements Disposable {
  readonly #socket: net.Socket;
  readonly #seen: Message[] = [];
  readonly #waiting = new Set<() => void>();
  #bytes: Buffer = Buffer.alloc(0);
  #seq = 0;

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('error', () => undefined);
  }

  /** Attaches, sets a breakpoint, and lets the program continue. */
  static async attach(port: number, file: string, line: number): Promise<Editor> {
    const socket = net.connect(port, '127.0.0.1');
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    const editor = new Editor(socket);
    await editor.ask('initialize', { adapterID: 'debugpy', pathFormat: 'path', linesStartAt1: true });
    const attached = editor.ask('attach', { justMyCode: true });
    await editor.event('initialized');
    await editor.ask('setBreakpoints', { source: { path: file }, breakpoints: [{ line }] });
    await editor.ask('configurationDone', {});
    await attached;
    return editor;
  }

  async ask(command: string, args: object): Promise<Record<string, unknown>> {
    this.#seq += 1;
    const seq = this.#seq;
    const text = JSON.stringify({ seq, type: 'request', command, arguments: args });
    this.#socket.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
    const answer = await this.#next((it) => it.type === 'response' && it.request_seq === seq);
    if (!answer.success) throw new Error(`${command}: ${answer.message}`);
    return answer.body ?? {};
  }

  async event(name: string): Promise<Record<string, unknown>> {
    return (await this.#next((it) => it.type === 'event' && it.event === name)).body ?? {};
  }

  async #next(fits: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const at = this.#seen.findIndex(fits);
      const [found] = at < 0 ? [] : this.#seen.splice(at, 1);
      if (found) return found;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  #read(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    for (;;) {
      const head = /^Content-Length: (\d+)\r\n\r\n/.exec(this.#bytes.toString('latin1', 0, 64));
      const end = head ? head[0].length + Number(head[1]) : Number.POSITIVE_INFINITY;
      if (!head || this.#bytes.length < end) return;
      this.#seen.push(JSON.parse(this.#bytes.toString('utf8', head[0].length, end)));
      this.#bytes = this.#bytes.subarray(end);
      for (const wake of this.#waiting) wake();
      this.#waiting.clear();
    }
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
