import type { RequestListener } from 'node:http';
import { handOver } from './hand-over.ts';
import type { RequestContext } from './request-context.ts';

const PREFIX = '/_triton-local';

/** Whether a path is one of the emulator's own, which ask for no key and cause no event. */
export function isConsolePath(path: string): boolean {
  return path.startsWith(PREFIX) && (path.length === PREFIX.length || path[PREFIX.length] === '/');
}

/** Hands a request to the console, which sees the path without repeated slashes and needless escapes. */
export function answerConsole(context: RequestContext, console: RequestListener): Promise<void> {
  const { path, query } = context.target;
  return handOver(context, path.split('/').map(encodeURIComponent).join('/') + query, console);
}
