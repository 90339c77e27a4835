import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether an `Authorization` field, as Node delivers it, contains an accepted key. */
export type BearerCheck = (authorization: string | undefined) => boolean;

/**
 * Checks `Authorization: Bearer KEY` against these keys; without keys, every request is refused. The time taken does
 * not depend on the key's content: only digests are stored, and all of them are compared. Keys may contain any
 * characters: callers send UTF-8, and Node decodes header bytes as Latin-1.
 */
export function createBearerCheck(keys: readonly string[]): BearerCheck {
  const accepted = keys.map((key) => digest(Buffer.from(key, 'utf8')));
  return (authorization) => {
    // Not `trim`: it would remove the last byte of a key that ends in `à`, which is a non-breaking space in Latin-1.
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
