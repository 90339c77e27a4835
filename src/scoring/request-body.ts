import type { BodyFailure } from './connections.ts';
import type { Exchange } from './exchange.ts';

/**
 * The largest body we take into memory. The real server has no limit (150 MB are accepted,
 * docs/reference/azureml.md#limits) and the nginx before it had 100 MB: this is well above what works in the cloud, and
 * keeps one caller from ending us.
 */
export const MAX_BODY_BYTES = 256 * 1024 * 1024;

/**
 * What became of reading a body: the bytes, `too-large` before it was all read, `broken` where it is no valid HTTP,
 * `too-slow` where it did not come in time, or `aborted` when the caller left.
 */
export type BodyOutcome = Uint8Array | 'too-large' | BodyFailure | 'aborted';

const EMPTY = new Uint8Array(0);

/** Collects the body; one that came in one piece is handed on without a copy. */
export function readBody(exchange: Exchange, limit = MAX_BODY_BYTES): Promise<BodyOutcome> {
  const { request, fields, connection } = exchange;
  if (!exchange.bringsBody) return Promise.resolve(EMPTY);
  if (Number(fields.contentLength ?? 0) > limit) return Promise.resolve('too-large');
  exchange.wantBody();
  return new Promise((resolve) => {
    let first: Buffer | undefined;
    let rest: Buffer[] | undefined;
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) {
        rest = undefined;
        resolve('too-large');
      } else if (first === undefined) first = chunk;
      else if (rest) rest.push(chunk);
      else rest = [first, chunk];
    });
    request.on('end', () => {
      connection.onBodyFailure = undefined;
      resolve(rest ? Buffer.concat(rest, size) : (first ?? EMPTY));
    });
    connection.onBodyFailure = resolve;
    request.on('error', () => resolve('aborted'));
    request.on('close', () => resolve('aborted'));
  });
}
