import { describe, expect, it } from 'vitest';
import {
  encodeControl,
  encodeRequest,
  FrameReader,
  type FrameReceiver,
  type ReplyFrame,
} from '../../../src/python/frames.ts';

class Recorder implements FrameReceiver {
  readonly heard: unknown[] = [];
  onControl(message: unknown): void {
    this.heard.push(message);
  }
  onReply(reply: ReplyFrame): void {
    this.heard.push({ ...reply, body: reply.body.toString() });
  }
  onChunk(data: Buffer, follows: string): void {
    this.heard.push(`${data} ${follows}`);
  }
  onLog(level: string, source: string, text: string): void {
    this.heard.push(`${level} ${source} ${text}`);
  }
}

const log = (level: number, source: number, text: string): Buffer => {
  const payload = Buffer.from(text);
  const frame = Buffer.alloc(8 + payload.length);
  frame.writeUInt32LE(4 + payload.length, 0);
  frame.set([4, level, source], 4);
  payload.copy(frame, 8);
  return frame;
};

const reply = (flags: number, status: number, headers: string, body: string): Buffer => {
  const frame = Buffer.alloc(20);
  frame.writeUInt32LE(16 + headers.length + body.length, 0);
  frame.set([3, flags], 4);
  frame.writeUInt16LE(status, 6);
  frame.writeDoubleLE(1.5, 8);
  frame.writeUInt32LE(headers.length, 16);
  return Buffer.concat([frame, Buffer.from(headers + body)]);
};

const chunk = (follows: number, text: string): Buffer =>
  Buffer.concat([Buffer.from([4 + text.length, 0, 0, 0, 5, follows, 0, 0]), Buffer.from(text)]);

const request = {
  id: 'a',
  method: 'POST',
  target: '/score?x=1',
  headers: [['content-type', 'text/plain']] as const,
  body: Buffer.from('body'),
};

describe('FrameReader', () => {
  const stream = Buffer.concat([
    log(1, 0, 'hé'),
    reply(1 | 4, 200, '', '{"a": 1}'),
    reply(1 | 2, 500, '[["X-A","b"]]', ''),
    reply(1 | 4 | 8, 200, '', ''),
    chunk(0, 'ab'),
    chunk(1, ''),
    chunk(2, ''),
    encodeControl({ type: 'ready' }),
    log(3, 1, ''),
  ]);
  const expected = [
    'info script hé',
    {
      status: 200,
      headers: [['Content-Type', 'application/json']],
      body: '{"a": 1}',
      streamed: false,
      aborted: false,
      runFunctionFailed: false,
      runReturned: true,
      runMs: 1.5,
    },
    {
      status: 500,
      headers: [['X-A', 'b']],
      body: '',
      streamed: false,
      aborted: false,
      runFunctionFailed: true,
      runReturned: false,
      runMs: 1.5,
    },
    {
      status: 200,
      headers: [['Content-Type', 'application/json']],
      body: '',
      streamed: true,
      aborted: false,
      runFunctionFailed: false,
      runReturned: true,
      runMs: 1.5,
    },
    'ab more',
    ' end',
    ' cut-off',
    { type: 'ready' },
    'error worker ',
  ];

  it('reads many frames out of one chunk', () => {
    const recorder = new Recorder();
    new FrameReader(recorder).push(stream);
    expect(recorder.heard).toEqual(expected);
  });

  it.each([1, 2, 3, 5, 7, 19, 64])('reads frames that come in pieces of %i bytes', (size) => {
    const recorder = new Recorder();
    const reader = new FrameReader(recorder);
    for (let at = 0; at < stream.length; at += size) reader.push(stream.subarray(at, at + size));
    expect(recorder.heard).toEqual(expected);
  });

  it('recognises a request that ended its handler', () => {
    const recorder = new Recorder();
    new FrameReader(recorder).push(reply(16, 500, '', ''));
    expect(recorder.heard).toMatchObject([{ aborted: true }]);
  });

  it('gives a reply that has no failed flag none', () => {
    const recorder = new Recorder();
    new FrameReader(recorder).push(reply(4, 202, '', ''));
    expect(recorder.heard).toMatchObject([{ runFunctionFailed: undefined, runReturned: true }]);
  });

  it.each([
    ['an unknown kind', Buffer.from([4, 0, 0, 0, 99, 0, 0, 0])],
    ['a length that is too short', Buffer.from([1, 0, 0, 0, 4])],
    ['a length beyond all bounds', Buffer.from([0xff, 0xff, 0xff, 0xff, 4])],
    [
      'headers longer than the frame',
      (() => {
        const frame = reply(0, 200, '', 'x');
        frame.writeUInt32LE(99, 16);
        return frame;
      })(),
    ],
  ])('throws WORKER_FRAME for %s', (_name, bytes) => {
    const reader = new FrameReader(new Recorder());
    expect(() => reader.push(bytes)).toThrow(expect.objectContaining({ code: 'WORKER_FRAME' }));
  });
});

describe('encodeRequest', () => {
  it('puts a small request into one buffer with its length in front', () => {
    const [frame, rest] = encodeRequest(request, true);
    expect(rest).toBeUndefined();
    expect(frame.readUInt32LE(0)).toBe(frame.length - 4);
    expect(frame.toString('latin1', 12)).toBe(
      'POSTtext/plain["/score?x=1",[["content-type","text/plain"]]]body',
    );
  });

  it('leaves out the head that a plain script does not ask for', () => {
    expect(encodeRequest(request, false)[0].toString('latin1', 12)).toBe('POSTtext/plainbody');
  });

  it('does not copy a large body', () => {
    const body = Buffer.alloc(200_000, 'x');
    const [frame, rest] = encodeRequest({ ...request, body }, false);
    expect(rest).toBe(body);
    expect(frame.readUInt32LE(0)).toBe(frame.length + body.length - 4);
  });

  it('cuts a content type that no frame could hold', () => {
    const [frame] = encodeRequest({ ...request, headers: [['Content-Type', 'é'.repeat(99_999)]] }, false);
    expect(frame.readUInt32LE(0)).toBe(frame.length - 4);
    expect(frame.readUInt16LE(6)).toBe(2 * 8_190);
  });
});
