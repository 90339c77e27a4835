import { closeSync, createReadStream, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { hasErrno } from '../base/index.ts';
import type { EmulatorEvent } from './event.ts';
import type { EventSource } from './state-store.ts';

/** The newest events are in one file, those before them in a second: at most twice this in all. */
const FILE_BYTES = 8 * 1024 * 1024;

const olderFile = (file: string) => `${file}.1`;

/**
 * Keeps the events of an emulator that nobody watches in a file, one JSON object a line. The events of one turn of
 * the event loop are one write, made at once, so that a process that dies has told what it knew. A disk that refuses
 * costs lines, not the emulator.
 */
export class EventLog implements Disposable {
  readonly #file: string;
  readonly #limit: number;
  readonly #unsubscribe: () => void;
  #descriptor: number;
  #size = 0;
  #pending = '';
  #scheduled: NodeJS.Immediate | undefined;

  /** Begins the file anew. */
  constructor(file: string, source: EventSource, limit = FILE_BYTES) {
    this.#file = file;
    this.#limit = limit;
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    rmSync(olderFile(file), { force: true });
    this.#descriptor = openSync(file, 'w', 0o600);
    this.#unsubscribe = source.subscribe((event) => {
      this.#pending += `${JSON.stringify(event)}\n`;
      this.#scheduled ??= setImmediate(() => this.#flush());
    });
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
    this.#flush();
    closeSync(this.#descriptor);
  }

  #flush(): void {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    const bytes = Buffer.from(this.#pending);
    this.#pending = '';
    try {
      if (this.#size > 0 && this.#size + bytes.length > this.#limit) this.#turnOver();
      this.#size += writeSync(this.#descriptor, bytes);
    } catch {
      // Nobody is there to be told, and serving goes on.
    }
  }

  #turnOver(): void {
    closeSync(this.#descriptor);
    // Where the rename is refused (somebody reads it on Windows), the lines so far make room.
    try {
      renameSync(this.#file, olderFile(this.#file));
    } finally {
      this.#descriptor = openSync(this.#file, 'w', 0o600);
      this.#size = 0;
    }
  }
}

/** The events that a log holds, oldest first; a line that was torn by a crash is passed over. */
export async function* readEventLog(file: string): AsyncGenerator<EmulatorEvent> {
  for (const part of [olderFile(file), file]) yield* readLines(part);
}

async function* readLines(file: string): AsyncGenerator<EmulatorEvent> {
  const input = createReadStream(file, 'utf8');
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      const event = parse(line);
      if (event) yield event;
    }
  } catch (error) {
    if (!hasErrno(error, 'ENOENT')) throw error;
  } finally {
    input.destroy();
  }
}

function parse(line: string): EmulatorEvent | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isEvent = typeof value === 'object' && value !== null && 'type' in value && 'seq' in value;
    return isEvent ? (value as EmulatorEvent) : undefined;
  } catch {
    return undefined;
  }
}
