import { describe, expect, test } from 'vitest';
import { Flag, FrameType, HEAD_BYTES, makeFrame, makeHeaders, PREFACE } from '../../../src/http2/frame.ts';
import { type FrameInspector, FrameStream } from '../../../src/proxy/gateway/frame-stream.ts';

const SETTINGS = 4;
const bytesOf = (length: number, seed: number) =>
  Buffer.from(Array.from({ length }, (_, index) => (index * 31 + seed) & 0xff));

/** A repeatable sequence of numbers below `limit`. */
function makeRandom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % limit;
  };
}

function splitAtRandom(bytes: Buffer, random: (limit: number) => number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const next = at + 1 + random(random(4) === 0 ? 400 : 12);
    chunks.push(bytes.subarray(at, next));
    at = next;
  }
  return chunks;
}

function start(inspector: Partial<FrameInspector>) {
  const written: Buffer[] = [];
  const stream = new FrameStream({
    prefaceBytes: PREFACE.length,
    inspector: { wantsFrame: () => false, takeFrame: () => true, ...inspector },
    write: (bytes) => written.push(bytes),
  });
  return { stream, result: () => Buffer.concat(written) };
}

const settings = makeFrame(SETTINGS, 0, 0, bytesOf(12, 1));
const data = (id: number, length: number) => makeFrame(FrameType.DATA, 0, id, bytesOf(length, id));

describe('frames that pass', () => {
  test('are the same bytes, however they are cut, and wanted ones arrive whole', () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const random = makeRandom(seed);
      const frames = Array.from({ length: 30 }, (_, index) =>
        index % 3 === 0
          ? makeHeaders(2 * index + 1, bytesOf(random(40), index), false)
          : data(index, random(500)),
      );
      const all = Buffer.concat([PREFACE, settings, ...frames]);
      const taken: Buffer[] = [];
      const { stream, result } = start({
        wantsFrame: ({ type }) => type === FrameType.HEADERS,
        takeFrame: (_head, frame) => taken.push(Buffer.from(frame)) > 0,
      });
      for (const chunk of splitAtRandom(all, random)) stream.push(chunk);
      expect(result().equals(all)).toBe(true);
      expect(taken).toEqual(frames.filter((_, index) => index % 3 === 0));
    }
  });

  test('have no gap where others are left out', () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const random = makeRandom(seed);
      const frames = Array.from({ length: 30 }, (_, index) => data(index, random(300)));
      const { stream, result } = start({
        wantsFrame: ({ streamId }) => streamId % 4 === 2,
        takeFrame: () => false,
      });
      for (const chunk of splitAtRandom(Buffer.concat([PREFACE, settings, ...frames]), random))
        stream.push(chunk);
      const kept = frames.filter((_, index) => index % 4 !== 2);
      expect(result().equals(Buffer.concat([PREFACE, settings, ...kept]))).toBe(true);
    }
  });

  test('are never cut by one of ours, which comes after the first frame and between header blocks', () => {
    const ours = makeFrame(FrameType.WINDOW_UPDATE, 0, 0, bytesOf(4, 9));
    const parts = [
      PREFACE,
      settings,
      makeFrame(FrameType.HEADERS, 0, 1, bytesOf(20, 2)),
      makeFrame(FrameType.CONTINUATION, Flag.END_HEADERS, 1, bytesOf(20, 3)),
      data(1, 50),
    ];
    const all = Buffer.concat(parts);
    const ends = parts.map((_, index) => Buffer.concat(parts.slice(0, index + 1)).length);
    const [, settingsEnd = 0, headersEnd = 0, ...others] = ends;
    for (let cut = 0; cut <= all.length; cut += 1) {
      const { stream, result } = start({});
      if (cut > 0) stream.push(all.subarray(0, cut));
      stream.insert(ours);
      if (cut < all.length) stream.push(all.subarray(cut));
      // A head of which only a part has come is kept back.
      const place = [settingsEnd, ...others].find((end) => end + HEAD_BYTES > cut) ?? all.length;
      expect(place).not.toBe(headersEnd);
      expect(result().equals(Buffer.concat([all.subarray(0, place), ours, all.subarray(place)]))).toBe(true);
    }
  });

  test('include the one that cannot be understood, and nothing after it', () => {
    const { stream, result } = start({
      wantsFrame: ({ type }) => type === FrameType.HEADERS,
      takeFrame: () => {
        throw new Error('malformed');
      },
    });
    const headers = makeHeaders(1, bytesOf(9, 1), true);
    const all = Buffer.concat([PREFACE, settings, headers, data(1, 10)]);
    expect(() => stream.push(all)).toThrow('malformed');
    expect(result().equals(Buffer.concat([PREFACE, settings, headers]))).toBe(true);
  });
});
