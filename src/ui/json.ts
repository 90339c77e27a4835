import type { Writable } from 'node:stream';
import type { Control } from '../control/index.ts';
import type { LogLevel } from '../events/index.ts';
import { LineWriter } from './output.ts';
import { isAtLeast, neverLeft, type Renderer } from './renderer.ts';

export interface JsonOptions {
  readonly control: Control;
  readonly stdout: Writable;
  readonly threshold?: LogLevel;
}

/** Prints every event from now on as NDJSON, one object per line, and nothing else. */
export function startJson({ control, stdout, threshold = 'info' }: JsonOptions): Renderer {
  const writer = new LineWriter(stdout);
  const unsubscribe = control.subscribe((event) => {
    if (event.type === 'log.line' && !isAtLeast(event.level, threshold)) return;
    writer.line(JSON.stringify(event));
  });
  return {
    left: neverLeft,
    async [Symbol.asyncDispose]() {
      unsubscribe();
      writer.flush();
    },
  };
}
