import type { ServerResponse } from 'node:http';
import type { EventHistory } from '../events/index.ts';

/** Events within this time are written together: thousands of writes a second would be expensive. */
const GATHER_MS = 10;
const HEARTBEAT_MS = 15_000;
/** The same for a reader that has closed its side: it is gone or only listens, which the second write tells. */
const PROBE_MS = 200;
/** A reader that takes nothing for this long is disconnected; it may come back and continue. */
const STALLED_MS = 60_000;
const MOST_PIECE_CHARACTERS = 64 * 1024;
/** How long a browser waits before it connects again. */
const RETRY_MS = 1_000;

/**
 * One reader of the events, as server-sent events: the id is the sequence number, the data is the line of `--ui json`.
 * Events wait in the history and not here, so a slow reader costs no memory: it continues where it was, and a comment
 * says which events the history has dropped in the meantime. The stream ends with the emulator.
 */
export class EventStream {
  readonly #history: EventHistory;
  readonly #response: ServerResponse;
  readonly #unsubscribe: () => void;
  #heartbeat: NodeJS.Timeout;
  #next: number;
  #scheduled: NodeJS.Timeout | undefined;
  /** Since when the reader has taken nothing, by `performance.now()`; undefined while it keeps up. */
  #blockedSince: number | undefined;

  /** @param since sequence number of the last event that the reader has */
  constructor(history: EventHistory, response: ServerResponse, since: number) {
    this.#history = history;
    this.#response = response;
    this.#next = since + 1;
    this.#unsubscribe = history.onAdded(() => this.#schedule());
    this.#heartbeat = this.#beatEvery(HEARTBEAT_MS);
    response.on('drain', () => {
      this.#blockedSince = undefined;
      this.#write();
    });
    const onHalfClosed = () => {
      clearInterval(this.#heartbeat);
      this.#heartbeat = this.#beatEvery(PROBE_MS);
    };
    const { socket } = response;
    socket?.once('end', onHalfClosed);
    response.once('close', () => {
      socket?.off('end', onHalfClosed);
      this.#dispose();
    });
    response.write(`retry: ${RETRY_MS}\n\n`);
    this.#write();
  }

  #schedule(): void {
    if (this.#blockedSince === undefined) this.#scheduled ??= setTimeout(() => this.#write(), GATHER_MS);
  }

  /** Writes until the reader has everything or falls behind. */
  #write(): void {
    clearTimeout(this.#scheduled);
    this.#scheduled = undefined;
    while (this.#blockedSince === undefined && !this.#response.writableEnded) {
      const { text, isLast } = this.#nextPiece();
      if (text === '') return;
      if (!this.#response.write(text)) this.#blockedSince = performance.now();
      if (isLast) this.#response.end();
    }
  }

  #nextPiece(): { readonly text: string; readonly isLast: boolean } {
    let text = '';
    const { firstSeq } = this.#history;
    if (this.#next < firstSeq) {
      text = `: events ${this.#next} to ${firstSeq - 1} are no longer held\n\n`;
      this.#next = firstSeq;
    }
    while (text.length < MOST_PIECE_CHARACTERS) {
      const event = this.#history.get(this.#next);
      if (!event) break;
      this.#next += 1;
      text += `id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`;
      // The scoring port closes next, and it would wait for this answer.
      if (event.type === 'emulator.stopping') return { text, isLast: true };
    }
    return { text, isLast: false };
  }

  #beatEvery(milliseconds: number): NodeJS.Timeout {
    return setInterval(() => this.#beat(), milliseconds).unref();
  }

  #beat(): void {
    if (this.#blockedSince === undefined) this.#response.write(': heartbeat\n\n');
    else if (performance.now() - this.#blockedSince > STALLED_MS) this.#response.destroy();
  }

  #dispose(): void {
    this.#unsubscribe();
    clearInterval(this.#heartbeat);
    clearTimeout(this.#scheduled);
  }
}
