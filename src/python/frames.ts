import { systemError } from '../base/index.ts';
import type { LogLevel, LogSource } from '../events/index.ts';
import type { ScoreRequest } from './score-pool.ts';

// The frames between us and a worker. harness/channel.py is the other side and describes their layout: change both
// together.

const CONTROL = 1;
const REQUEST = 2;
const REPLY = 3;
const LOG = 4;
const CHUNK = 5;

const LENGTH_BYTES = 4;
const REQUEST_HEADER_BYTES = 12;
const REPLY_HEADER_BYTES = 20;
const SHORT_HEADER_BYTES = 8;
/** gunicorn's limit for a header field, whose length takes 16 bits in the frame. */
const MAX_CONTENT_TYPE_CHARACTERS = 8_190;
/** Larger bodies are written after the frame's head instead of being copied into one buffer with it. */
const JOIN_BYTES = 65_536;
/** The longest frame in either direction. */
export const MAX_FRAME_BYTES = 0x7fff_ffff;

const FAILED_SENT = 1;
const FAILED = 2;
const RETURNED = 4;
const STREAMED = 8;
const ABORTED = 16;

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warning', 'error'];
const SOURCES: readonly LogSource[] = ['script', 'worker'];
const FOLLOWS: readonly ChunkFollows[] = ['more', 'end', 'cut-off'];
const JSON_HEADERS: Headers = [['Content-Type', 'application/json']];
const NO_BYTES = Buffer.alloc(0);

type Headers = readonly (readonly [name: string, value: string])[];

/** A worker's answer to one request. */
export interface ReplyFrame {
  readonly status: number;
  readonly headers: Headers;
  /** Empty if the body is streamed. */
  readonly body: Buffer;
  /** The body follows in chunks, the last of which says how it ended. */
  readonly streamed: boolean;
  /** The script ended its handler (`sys.exit()`): this is not an answer of the script. */
  readonly aborted: boolean;
  readonly runFunctionFailed: boolean | undefined;
  readonly runReturned: boolean;
  readonly runMs: number;
}

/** What follows a piece of a streamed body: another piece, the end, or a break before the body is complete. */
export type ChunkFollows = 'more' | 'end' | 'cut-off';

/** Receives the frames of one worker, in the order they were written. */
export interface FrameReceiver {
  onControl(message: unknown): void;
  onReply(reply: ReplyFrame): void;
  onChunk(data: Buffer, follows: ChunkFollows): void;
  onLog(level: LogLevel, source: LogSource, text: string): void;
}

/** Encodes a control message as one frame. */
export function encodeControl(message: unknown): Buffer {
  const payload = Buffer.from(JSON.stringify(message));
  const frame = Buffer.alloc(SHORT_HEADER_BYTES + payload.length);
  frame.writeUInt32LE(frame.length - LENGTH_BYTES, 0);
  frame[4] = CONTROL;
  payload.copy(frame, SHORT_HEADER_BYTES);
  return frame;
}

/**
 * Encodes a request as buffers to be written in order. `withHead` adds target and headers, which a script that only
 * takes the body never reads.
 */
export function encodeRequest(request: ScoreRequest, withHead: boolean): readonly [Buffer, Uint8Array?] {
  const { method, body } = request;
  const contentType = findContentType(request.headers);
  const head = withHead ? Buffer.from(JSON.stringify([request.target, request.headers])) : NO_BYTES;
  const typeBytes = Buffer.byteLength(contentType);
  const bodyAt = REQUEST_HEADER_BYTES + method.length + typeBytes + head.length;
  const joined = body.length <= JOIN_BYTES;
  const frame = Buffer.allocUnsafe(joined ? bodyAt + body.length : bodyAt);
  frame.writeUInt32LE(bodyAt + body.length - LENGTH_BYTES, 0);
  frame[4] = REQUEST;
  frame[5] = method.length;
  frame.writeUInt16LE(typeBytes, 6);
  frame.writeUInt32LE(head.length, 8);
  frame.write(method, REQUEST_HEADER_BYTES, 'latin1');
  frame.write(contentType, REQUEST_HEADER_BYTES + method.length, 'utf8');
  if (withHead) head.copy(frame, bodyAt - head.length);
  if (!joined) return [frame, body];
  frame.set(body, bodyAt);
  return [frame];
}

function findContentType(headers: Headers): string {
  for (const header of headers) {
    const name = header[0];
    if (name.length === 12 && name.toLowerCase() === 'content-type')
      return header[1].slice(0, MAX_CONTENT_TYPE_CHARACTERS);
  }
  return '';
}

/** Splits a worker's output into frames. A frame that arrives in one chunk is a view on it, not a copy. */
export class FrameSplitter {
  readonly #onFrame: (chunk: Buffer, at: number, end: number) => void;
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Bytes that must have arrived before the next frame can be complete. */
  #needed = LENGTH_BYTES;

  constructor(onFrame: (chunk: Buffer, at: number, end: number) => void) {
    this.#onFrame = onFrame;
  }

  /** @throws WORKER_FRAME if the bytes are not frames, which only happens when something else writes into our pipe. */
  push(chunk: Buffer): void {
    if (this.#bytes > 0) {
      this.#chunks.push(chunk);
      this.#bytes += chunk.length;
      if (this.#bytes < this.#needed) return;
      chunk = Buffer.concat(this.#chunks, this.#bytes);
      this.#chunks = [];
      this.#bytes = 0;
    }
    let at = 0;
    this.#needed = LENGTH_BYTES;
    while (chunk.length - at >= LENGTH_BYTES) {
      const end = at + LENGTH_BYTES + chunk.readUInt32LE(at);
      if (end - at < SHORT_HEADER_BYTES || end - at > MAX_FRAME_BYTES) throw broken('length');
      if (end > chunk.length) {
        this.#needed = end - at;
        break;
      }
      this.#onFrame(chunk, at, end);
      at = end;
    }
    if (at < chunk.length) {
      this.#chunks = [at === 0 ? chunk : chunk.subarray(at)];
      this.#bytes = chunk.length - at;
    }
  }
}

/** Reads the frames of a worker that runs an entry script. */
export class FrameReader {
  readonly #receiver: FrameReceiver;
  readonly #splitter = new FrameSplitter((chunk, at, end) => this.#dispatch(chunk, at, end));

  constructor(receiver: FrameReceiver) {
    this.#receiver = receiver;
  }

  /** @throws WORKER_FRAME */
  push(chunk: Buffer): void {
    this.#splitter.push(chunk);
  }

  #dispatch(chunk: Buffer, at: number, end: number): void {
    const kind = chunk[at + 4];
    if (kind === REPLY) {
      this.#receiver.onReply(decodeReply(chunk, at, end));
    } else if (kind === CHUNK) {
      const follows = FOLLOWS[chunk[at + 5] ?? 0] ?? 'cut-off';
      this.#receiver.onChunk(chunk.subarray(at + SHORT_HEADER_BYTES, end), follows);
    } else {
      readCommonFrame(chunk, at, end, this.#receiver);
    }
  }
}

/**
 * Reads a frame of a kind that every worker sends.
 * @throws WORKER_FRAME for any other kind
 */
export function readCommonFrame(
  chunk: Buffer,
  at: number,
  end: number,
  receiver: Pick<FrameReceiver, 'onControl' | 'onLog'>,
): void {
  const kind = chunk[at + 4];
  if (kind === LOG) {
    const level = LEVELS[chunk[at + 5] ?? 0] ?? 'info';
    const source = SOURCES[chunk[at + 6] ?? 0] ?? 'worker';
    receiver.onLog(level, source, chunk.toString('utf8', at + SHORT_HEADER_BYTES, end));
  } else if (kind === CONTROL) {
    receiver.onControl(JSON.parse(chunk.toString('utf8', at + SHORT_HEADER_BYTES, end)));
  } else {
    throw broken('kind');
  }
}

function decodeReply(chunk: Buffer, at: number, end: number): ReplyFrame {
  const flags = chunk[at + 5] ?? 0;
  const headersAt = at + REPLY_HEADER_BYTES;
  const bodyAt = headersAt + chunk.readUInt32LE(at + 16);
  if (bodyAt > end) throw broken('headers');
  return {
    status: chunk.readUInt16LE(at + 6),
    headers: bodyAt === headersAt ? JSON_HEADERS : JSON.parse(chunk.toString('utf8', headersAt, bodyAt)),
    body: chunk.subarray(bodyAt, end),
    streamed: (flags & STREAMED) !== 0,
    aborted: (flags & ABORTED) !== 0,
    runFunctionFailed: flags & FAILED_SENT ? (flags & FAILED) !== 0 : undefined,
    runReturned: (flags & RETURNED) !== 0,
    runMs: chunk.readDoubleLE(at + 8),
  };
}

function broken(part: string): Error {
  return systemError('WORKER_FRAME', `a Python worker sent a frame that cannot be read (${part})`);
}
