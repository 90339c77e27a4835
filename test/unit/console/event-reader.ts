import { get, type IncomingMessage } from 'node:http';

/** One message of a stream of server-sent events; a comment has only its text. */
export interface Message {
  readonly id?: number;
  readonly event?: { readonly type: string; readonly seq: number; readonly text?: string };
  readonly comment?: string;
}

/** Reads `/_triton-local/events` as a browser does; disposing disconnects. */
export class EventReader implements Disposable {
  readonly messages: Message[] = [];
  readonly head: IncomingMessage;
  ended = false;
  readonly #waiting = new Set<() => void>();

  private constructor(head: IncomingMessage) {
    this.head = head;
    let text = '';
    head.setEncoding('utf8');
    head.on('data', (piece: string) => {
      text += piece;
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        this.#take(text.slice(0, end));
        text = text.slice(end + 2);
      }
      this.#notify();
    });
    head.on('close', () => {
      this.ended = true;
      this.#notify();
    });
    head.on('error', () => undefined);
  }

  static open(
    port: number,
    query = '',
    headers: Readonly<Record<string, string>> = {},
  ): Promise<EventReader> {
    return new Promise((resolve, reject) => {
      const url = `http://127.0.0.1:${port}/_triton-local/events${query}`;
      get(url, { headers, agent: false }, (head) => resolve(new EventReader(head))).on('error', reject);
    });
  }

  get sequence(): number[] {
    return this.messages.flatMap(({ event }) => (event ? [event.seq] : []));
  }

  /** Resolves as soon as the condition holds. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.ended) throw new Error(`the stream ended after ${JSON.stringify(this.messages.slice(-5))}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** Resolves when the server has ended the stream. */
  async end(): Promise<void> {
    while (!this.ended) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  [Symbol.dispose](): void {
    this.head.destroy();
  }

  #take(block: string): void {
    const lines = block.split('\n');
    const field = (name: string) =>
      lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
    const comment = field('');
    if (comment !== undefined) this.messages.push({ comment });
    const data = field('data');
    if (data !== undefined) this.messages.push({ id: Number(field('id')), event: JSON.parse(data) });
  }

  #notify(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
