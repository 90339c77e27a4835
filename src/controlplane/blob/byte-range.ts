import { StorageError } from './storage-error.ts';

/** Bytes of a blob, both ends included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The part of a blob that a request is about: `bytes=START-[END]`; undefined for the whole.
 * @throws StorageError InvalidRange, as for every range of an empty blob.
 */
export function readRange(field: string | undefined, bytes: number): ByteRange | undefined {
  const [, from, to] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(field ?? '') ?? [];
  // As in HTTP, a range of another form is ignored.
  if (from === undefined) return undefined;
  const start = Number(from);
  const end = Math.min(to ? Number(to) : bytes - 1, bytes - 1);
  if (start <= end) return { start, end };
  throw new StorageError(
    416,
    'InvalidRange',
    'The range specified is invalid for the current size of the resource.',
  );
}
