import type { BodyFailure } from './connections.ts';
import type { RequestContext } from './request-context.ts';

/**
 * The largest body that we read into memory. The real server has no limit (150 MB are accepted,
 * docs/reference/azureml.md#limits), and the nginx before it had one of 100 MB: ours is well above what works in the
 * cloud, and keeps one caller from exhausting the memory.
 */
export const MAX_BODY_BYTES = 256 * 1024 * 1024;

/**
 * The result of reading a body: its bytes, `too-large` as soon as it exceeds the limit, `broken` if it is not valid
 * HTTP, `too-slow` if it did not arrive in time, or `aborted` if the caller disconnected.
 */
export type BodyOutcome = Uint8Array | 'too-large' | BodyFailure | 'aborted';

const EMPTY = new Uint8Array(0);

/** Collects the body. A body that arrives in one piece is not copied. */
export function readBody(context: RequestContext, limit = MAX_BODY_BYTES): Promise<BodyOutcome> {
  const { request, fields, connection } = context;
  if (!context.hasBody) return Promise.resolve(EMPTY);
  if (Number(fields.contentLength ?? 0) > limit) return Promise.resolve('too-large');
  context.answer.sendContinue();
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
