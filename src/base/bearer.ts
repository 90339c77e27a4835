import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether an `Authorization` field, as Node hands it out, carries an accepted key. */
export type BearerCheck = (authorization: string | undefined) => boolean;

/**
 * A check of `Authorization: Bearer KEY` against these keys; without keys nobody passes. It takes the same time for
 * every key of a length: digests are compared, and all of them. Only digests are kept. Keys may hold any characters: a
 * caller sends them as UTF-8, and Node reads the bytes of a field as Latin-1.
 */
export function createBearerCheck(keys: readonly string[]): BearerCheck {
  const accepted = keys.map((key) => digest(Buffer.from(key, 'utf8')));
  return (authorization) => {
    // Not `trim`, which would take the last byte of keys that end in `à`: it is a non-breaking space in Latin-1.
    const sent = /^bearer +(.*[^ \t])/i.exec(authorization ?? '')?.[1];
    if (sent === undefined) return false;
    const candidate = digest(Buffer.from(sent, 'latin1'));
    let matches = false;
    for (const key of accepted) matches = timingSafeEqual(key, candidate) || matches;
    return matches;
  };
}

function digest(key: Buffer): Buffer {
  return createHash('sha256').update(key).digest();
}
