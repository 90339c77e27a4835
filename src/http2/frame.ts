import { ConnectionError } from './connection-error.ts';
import { ErrorCode } from './error-code.ts';

/** What a client sends first on a connection (RFC 9113, 3.4). */
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
/** Length (3 bytes), type, flags, stream (4 bytes). */
export const HEAD_BYTES = 9;

export const FrameType = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

/** ACK is for SETTINGS and PING frames. */
export const Flag = { ACK: 0x1, END_STREAM: 0x1, END_HEADERS: 0x4, PADDED: 0x8, PRIORITY: 0x20 } as const;

/** The smallest value of SETTINGS_MAX_FRAME_SIZE, so every peer takes frames of this size. */
export const MOST_PAYLOAD_BYTES = 16_384;

/** The head of a frame (RFC 9113, 4.1). */
export interface FrameHead {
  /** Bytes of the payload. */
  readonly length: number;
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
}

export function readHead(bytes: Buffer, at: number): FrameHead {
  return {
    length: bytes.readUIntBE(at, 3),
    type: bytes[at + 3] as number,
    flags: bytes[at + 4] as number,
    streamId: bytes.readUInt32BE(at + 5) & 0x7fff_ffff,
  };
}

/** What a complete DATA, HEADERS or CONTINUATION frame carries, without padding and priority. @throws ConnectionError if it is malformed */
export function contentOf({ type, flags }: FrameHead, frame: Buffer): Buffer {
  let from = HEAD_BYTES;
  let to = frame.length;
  if (type !== FrameType.CONTINUATION && flags & Flag.PADDED) {
    to -= frame[from] ?? 0;
    from += 1;
  }
  if (type === FrameType.HEADERS && flags & Flag.PRIORITY) from += 5;
  if (from > to)
    throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, 'the padding of a frame is longer than the frame');
  return frame.subarray(from, to);
}

export function makeFrame(type: number, flags: number, streamId: number, payload: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + payload.length);
  frame.writeUIntBE(payload.length, 0, 3);
  frame[3] = type;
  frame[4] = flags;
  frame.writeUInt32BE(streamId, 5);
  frame.set(payload, HEAD_BYTES);
  return frame;
}

/** The HEADERS frame of a block, and CONTINUATION frames for what does not fit into it. */
export function makeHeaders(streamId: number, block: Buffer, endStream: boolean): Buffer {
  const frames: Buffer[] = [];
  for (let at = 0; at === 0 || at < block.length; at += MOST_PAYLOAD_BYTES) {
    const part = block.subarray(at, at + MOST_PAYLOAD_BYTES);
    const isLast = at + MOST_PAYLOAD_BYTES >= block.length;
    const flags = (isLast ? Flag.END_HEADERS : 0) | (at === 0 && endStream ? Flag.END_STREAM : 0);
    frames.push(makeFrame(at === 0 ? FrameType.HEADERS : FrameType.CONTINUATION, flags, streamId, part));
  }
  return Buffer.concat(frames);
}

export function makeReset(streamId: number, errorCode: number): Buffer {
  return makeFrame(FrameType.RST_STREAM, 0, streamId, uint32(errorCode));
}

/** Allows the receiver to send `bytes` more on the connection. */
export function makeWindowUpdate(bytes: number): Buffer {
  return makeFrame(FrameType.WINDOW_UPDATE, 0, 0, uint32(bytes));
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
