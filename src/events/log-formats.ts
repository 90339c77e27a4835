import type { LogLevel, LogSource } from './event.ts';
import { TracebackGrouper } from './traceback.ts';

export interface ParsedLine {
  readonly level: LogLevel;
  /** The text to show: the engine's message without preamble and quotes; for all other sources, the line as written. */
  readonly text: string;
}

/** Triton's two preambles: default and ISO 8601 (docs/reference/triton.md#log-format). */
const TRITON =
  /^(?:([EWI])(\d{4}) (\d\d:\d\d:\d\d\.\d{6})|(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) ([EWI])) (\d+) ([^:]+):(\d+)\] (.*)$/;
/**
 * The Azure scoring server's format: `2026-11-22 08:32:47,669 I [11208] azmlinfsrv.print - text`
 * (docs/reference/azureml.md#logging).
 */
const AZMLINFSRV = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} ([DIWEC]) \[\d+\] \S+ - /;
/** The same server before 2021, and the most common custom formats: a time, then a level between separators. */
const PIPED =
  /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[.,]?\d* *[|\-:]? *(?:\S+ *[|\-:] *)??\[?(DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL)\b/;
/** `logging.basicConfig()`: `WARNING:root:text`; uvicorn: `INFO:     text`. */
const PYTHON = /^(DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL)(?::|\s+-\s)/;
/** `warnings.warn`: `/path/score.py:3: UserWarning: text`. */
const WARNING = /^\S.*:\d+: \w*Warning: /;
const CHAINED =
  /^(?:During handling of the above exception, another exception occurred:|The above exception was the direct cause of the following exception:)$/;

const LEVELS: Readonly<Record<string, LogLevel>> = {
  D: 'debug',
  I: 'info',
  W: 'warning',
  E: 'error',
  C: 'error',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warning',
  WARNING: 'warning',
  ERROR: 'error',
  CRITICAL: 'error',
};

/**
 * Determines the level of each line of a stream, and removes what Triton adds. A Python traceback is one entry, and an
 * error from its first line to its last. Each stream needs its own instance.
 */
export class LogParser {
  readonly #source: LogSource;
  readonly #grouper: TracebackGrouper;

  /** @param onEntry receives a line, or a whole traceback with its line breaks */
  constructor(source: LogSource, onEntry: (entry: ParsedLine) => void) {
    this.#source = source;
    this.#grouper = new TracebackGrouper((text, isTraceback) => onEntry(this.#parse(text, isTraceback)));
  }

  push(line: string): void {
    this.#grouper.push(line);
  }

  /** Call this at the end of the stream. */
  end(): void {
    this.#grouper.end();
  }

  #parse(text: string, isTraceback: boolean): ParsedLine {
    if (isTraceback || CHAINED.test(text)) return { level: 'error', text };
    const triton = this.#source === 'engine' ? parseTriton(text) : undefined;
    return triton ?? { level: levelOf(text), text };
  }
}

/** The level of a single line; `info` if nothing indicates another. */
export function levelOf(line: string): LogLevel {
  const name = AZMLINFSRV.exec(line)?.[1] ?? PYTHON.exec(line)?.[1] ?? PIPED.exec(line)?.[1];
  if (name) return LEVELS[name] ?? 'info';
  return WARNING.test(line) ? 'warning' : 'info';
}

function parseTriton(line: string): ParsedLine | undefined {
  const match = TRITON.exec(line);
  if (!match) return undefined;
  return { level: LEVELS[match[1] ?? match[5] ?? ''] ?? 'info', text: unquoted(match[9] ?? '') };
}

/** Since 24.06 Triton writes the message as a JSON string. */
function unquoted(message: string): string {
  if (!message.startsWith('"')) return message;
  try {
    const text: unknown = JSON.parse(message);
    return typeof text === 'string' ? text : message;
  } catch {
    return message;
  }
}
