import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { LineSplitter } from '../../base/index.ts';
import { type EventSink, LogParser } from '../../events/index.ts';
import { gpuNameIn } from '../gpu-in-use.ts';
import { Demultiplexer } from './demultiplexer.ts';

const KEPT_LINES = 50;
/** Lines that say why a server does not even begin; hundreds of lines of usage may follow. */
const COMPLAINT = /unrecognized option|error while loading shared libraries|exec format error/;

/** Follows a container's output from its first byte: every line an event, the last fifty kept for a crash report. */
export class ContainerLog {
  readonly #events: EventSink;
  readonly #onLine: (text: string) => void;
  readonly #last: string[] = [];
  readonly #parsers: LogParser[] = [];
  #complaint: string | undefined;
  #stream: Readable | undefined;
  /** Resolves when the output has ended or its connection is lost. */
  ended: Promise<void> = Promise.resolve();
  /** The first GPU that Triton named in its log. */
  gpuName: string | undefined;

  /** @param onLine gets each line's text without Triton's preamble */
  constructor(events: EventSink, onLine: (text: string) => void) {
    this.#events = events;
    this.#onLine = onLine;
  }

  async follow(container: Docker.Container): Promise<void> {
    // With `follow`, this is the response itself whatever its declared type; Tty is off, so that it comes in frames.
    const stream = (await container.logs({
      follow: true,
      stdout: true,
      stderr: true,
    })) as unknown as Readable;
    this.#stream = stream;
    const splitters = { stdout: this.#splitter(), stderr: this.#splitter() };
    const demultiplexer = new Demultiplexer((name, data) => splitters[name].push(data));
    stream.on('data', (chunk: Buffer) => demultiplexer.push(chunk));
    // Ending a followed stream gives `aborted` and ECONNRESET; the container's end is told by `wait`.
    stream.on('error', () => {});
    this.ended = new Promise((resolve) => {
      stream.once('close', () => {
        splitters.stdout.end();
        splitters.stderr.end();
        for (const parser of this.#parsers) parser.end();
        resolve();
      });
    });
  }

  /** The last fifty, after the line that says why where it came earlier. */
  lastLines(): string {
    const isLost = this.#complaint !== undefined && !this.#last.includes(this.#complaint);
    return [...(isLost ? [this.#complaint, '…'] : []), ...this.#last].join('\n');
  }

  close(): void {
    this.#stream?.destroy();
  }

  #splitter(): LineSplitter {
    const parser = new LogParser('engine', (entry) => {
      this.#onLine(entry.text);
      this.#events.emit({ type: 'log.line', source: 'engine', ...entry });
    });
    this.#parsers.push(parser);
    return new LineSplitter((line) => {
      if (COMPLAINT.test(line)) this.#complaint ??= line;
      if (this.#last.push(line) > KEPT_LINES) this.#last.shift();
      this.gpuName ??= gpuNameIn(line);
      parser.push(line);
    });
  }
}
