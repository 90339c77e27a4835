import { connect } from 'node:net';

const PATIENCE_MS = 2_000;

/** Writes bytes and waits for the end of the connection, or for as long as an answer may take. */
export function throwAt(port: number, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes));
    const timer = setTimeout(() => socket.destroy(), PATIENCE_MS);
    socket.resume();
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** A whole number from 0 up to `below`. */
export type Random = (below: number) => number;

/** A small generator with a seed, so that a run can be repeated (mulberry32). */
export function randomNumbers(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const MUTATIONS: readonly ((bytes: Buffer, other: Buffer, random: Random) => Buffer)[] = [
  (bytes, _other, random) => bytes.subarray(0, random(bytes.length + 1)),
  (bytes, other, random) =>
    Buffer.concat([bytes.subarray(0, random(bytes.length + 1)), other.subarray(random(other.length + 1))]),
  (bytes, _other, random) => {
    const flipped = Buffer.from(bytes);
    for (let times = random(8) + 1; times > 0; times -= 1)
      if (flipped.length > 0) flipped[random(flipped.length)] = random(256);
    return flipped;
  },
  (bytes, _other, random) => {
    const at = random(bytes.length + 1);
    const piece = bytes.subarray(at, at + random(64));
    return Buffer.concat([bytes.subarray(0, at), piece, piece, bytes.subarray(at)]);
  },
  (bytes, _other, random) =>
    Buffer.from(
      bytes
        .toString('latin1')
        .replace(/\d+/g, (digits) =>
          random(4) > 0
            ? digits
            : (['0', '-1', '4294967296', '9223372036854775807', '1e308'][random(5)] ?? '0'),
        ),
      'latin1',
    ),
  (bytes, _other, random) =>
    Buffer.from(
      bytes
        .toString('latin1')
        .replace(/[[{"]/g, (sign) => (random(12) > 0 ? sign : sign.repeat(random(300)))),
      'latin1',
    ),
];

/** Bytes with up to three mutations: cut, spliced with others, flipped, repeated, other numbers, repeated brackets. */
export function mutate(bytes: Buffer, other: Buffer, random: Random): Buffer {
  let mutated = bytes;
  for (let times = random(3) + 1; times > 0; times -= 1)
    mutated = MUTATIONS[random(MUTATIONS.length)]?.(mutated, other, random) ?? mutated;
  return mutated;
}
