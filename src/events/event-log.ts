import { closeSync, createReadStream, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { hasErrno } from '../base/index.ts';
import type { EmulatorEvent } from './event.ts';
import type { EventSource } from './state-store.ts';

/** The newest events are in one file, earlier ones in a second, so that the total is at most twice this. */
const FILE_BYTES = 8 * 1024 * 1024;

const olderFile = (file: string) => `${file}.1`;

/**
 * Records the events of a background emulator in a file, one JSON object per line. The events of one turn of the event
 * loop are written together and at once, so that a process that dies has recorded what it knew. A disk error loses
 * lines but does not stop the emulator.
 */
export class EventLog implements Disposable {
  readonly #file: string;
  readonly #limit: number;
  readonly #unsubscribe: () => void;
  #descriptor: number;
  #size = 0;
  #pending = '';
  #scheduled: NodeJS.Immediate | undefined;

  /** Starts a new file. */
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
      // No one is there to see it, and serving continues.
    }
  }

  #turnOver(): void {
    closeSync(this.#descriptor);
    // If the rename is refused (on Windows, while the file is read), the lines so far are discarded.
    try {
      renameSync(this.#file, olderFile(this.#file));
    } finally {
      this.#descriptor = openSync(this.#file, 'w', 0o600);
      this.#size = 0;
    }
  }
}

/** The events in a log, oldest first; a line cut off by a crash is skipped. */
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
