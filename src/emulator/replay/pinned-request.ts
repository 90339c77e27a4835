import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, userError } from '../../base/index.ts';
import type { ScoreRequest } from '../../python/index.ts';

/** The request that is sent again after each reload. */
export interface PinnedRequest {
  readonly method: string;
  /** Raw request target below the scoring port, e.g. `/score?x=1`. */
  readonly target: string;
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
}

/** Maximum size of a request that is kept for later. */
const MOST_PINNED_BYTES = 1024 * 1024;

/**
 * A request with the body in a file, posted to `target`.
 * @throws REPLAY_UNREADABLE, REPLAY_TOO_LARGE
 */
export async function requestFromFile(file: string, target: string): Promise<PinnedRequest> {
  const body = await readBody(file);
  if (!isPinnable(body)) throw tooLarge(`the request in ${file}`);
  const isJson = path.extname(file) === '.json';
  return {
    method: 'POST',
    target,
    contentType: isJson ? 'application/json' : 'application/octet-stream',
    body,
  };
}

async function readBody(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw userError('REPLAY_UNREADABLE', `--replay: ${file} cannot be read: ${messageOf(error)}`, {
      hint: 'name a file that holds the body of one request',
    });
  }
}

export function isPinnable(body: Uint8Array): boolean {
  return body.byteLength <= MOST_PINNED_BYTES;
}

/** A request as it arrived, to be sent again. */
export function pinned({ method, target, headers, body }: ScoreRequest): PinnedRequest {
  const contentType = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  return { method, target, contentType, body };
}

export function tooLarge(what: string): Error {
  return userError('REPLAY_TOO_LARGE', `${what} is above ${MOST_PINNED_BYTES / 1024} KiB`, {
    hint: 'pin a smaller request',
  });
}
