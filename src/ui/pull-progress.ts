import type { Writable } from 'node:stream';
import { describePull, type EventBody, type EventSink } from '../events/index.ts';
import { cut, sanitize } from './text.ts';

export interface PullProgressOptions {
  readonly stream: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly json: boolean;
}

/** Time between lines when the output is not a terminal. */
const EVERY_MS = 5_000;

/**
 * Shows a download or a build: one line rewritten in place on a terminal, occasional lines elsewhere, or each event as
 * JSON. `end` moves the cursor to a new line.
 */
export function showPullProgress({ stream, json }: PullProgressOptions): EventSink & { end(): void } {
  let shownAt = Number.NEGATIVE_INFINITY;
  let open = false;
  const end = () => {
    if (open) stream.write('\n');
    open = false;
  };
  const emit = (body: EventBody) => {
    if (json) {
      stream.write(`${JSON.stringify(body)}\n`);
    } else if (body.type === 'log.line') {
      end();
      stream.write(`${body.level}: ${sanitize(body.text, false)}\n`);
    } else if (body.type === 'engine.pull.progress' || body.type === 'environment.progress') {
      const text = body.type === 'engine.pull.progress' ? describePull(body) : `${body.step}: ${body.detail}`;
      const line = sanitize(text, false);
      if (stream.isTTY) {
        stream.write(`\r\u001B[K${cut(line, (stream.columns ?? 80) - 1)}`);
        open = true;
      } else if (performance.now() - shownAt >= EVERY_MS) {
        shownAt = performance.now();
        stream.write(`${line}\n`);
      }
    }
  };
  return { emit, end };
}
