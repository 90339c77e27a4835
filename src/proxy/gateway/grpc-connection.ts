import type { Socket } from 'node:net';
import type { HeaderField } from '../../http2/index.ts';
import {
  contentOf,
  ErrorCode,
  encodeHeaders,
  Flag,
  type FrameHead,
  FrameType,
  HEAD_BYTES,
  HeaderDecoder,
  makeHeaders,
  makeReset,
  makeWindowUpdate,
  PREFACE,
} from '../../http2/index.ts';
import type { RepositorySync } from '../../repository/index.ts';
import { FrameStream } from './frame-stream.ts';
import { type GrpcRefusal, refusalFrames } from './grpc-refusal.ts';
import { RepositoryCall } from './repository-call.ts';
import { CONTROL_REFUSED, grpcRepositoryAction } from './repository-request.ts';
import type { Passage } from './tcp-gateway.ts';

export interface GrpcCallRules {
  /** Whether clients may load and unload models. */
  readonly allowsControl: boolean;
  /** Brings the engine's repository up to date before clients list or load models. */
  readonly sync?: RepositorySync | undefined;
  /** Called after the end of a client's load or unload call. */
  readonly onModelControl?: (() => void) | undefined;
  /** Changes the header fields of each call; absent if they pass as they are. */
  readonly rewrite?: ((fields: readonly HeaderField[]) => readonly HeaderField[]) | undefined;
}

/** Larger header blocks end the connection; Triton refuses calls with more than 16 KiB. */
const MOST_HEADER_BYTES = 1 << 20;
/** More than any engine lets a client use. */
const MOST_TABLE_BYTES = 1 << 20;
/** If more is held back, nothing is read from the client. */
const MOST_HELD_BYTES = 4 << 20;
const REFUSAL: GrpcRefusal = { status: 'UNAVAILABLE', message: CONTROL_REFUSED };

interface HeaderBlock {
  readonly streamId: number;
  readonly endStream: boolean;
  readonly parts: Buffer[];
  bytes: number;
}

/**
 * A client's connection to the engine's gRPC. Its bytes pass in both directions as they come. Of the frames among them,
 * only the header blocks of the client are decoded, to recognise calls to the repository API.
 */
export class GrpcConnection implements Passage {
  readonly #client: Socket;
  readonly #engine: Socket;
  readonly #rules: GrpcCallRules;
  readonly #requests: FrameStream;
  readonly #answers: FrameStream;
  readonly #decoder = new HeaderDecoder(MOST_TABLE_BYTES);
  /** Streams whose answer has not ended. */
  readonly #open = new Set<number>();
  readonly #repositoryCalls = new Map<number, RepositoryCall>();
  #newestStream = 0;
  #block: HeaderBlock | undefined;
  #heldBytes = 0;

  constructor(client: Socket, engine: Socket, rules: GrpcCallRules) {
    this.#client = client;
    this.#engine = engine;
    this.#rules = rules;
    this.#requests = new FrameStream({
      prefaceBytes: PREFACE.length,
      inspector: {
        wantsFrame: (head) => this.#wantsRequest(head),
        takeFrame: (head, frame) => this.#takeRequest(head, frame),
      },
      write: (bytes) => engine.write(bytes),
    });
    this.#answers = new FrameStream({
      prefaceBytes: 0,
      inspector: { wantsFrame: (head) => this.#noteAnswer(head), takeFrame: () => true },
      write: (bytes) => client.write(bytes),
    });
    client.on('data', this.#onRequest);
    client.on('drain', () => engine.resume());
    client.once('end', () => engine.end());
    engine.on('data', (bytes: Buffer) => {
      this.#answers.push(bytes);
      if (client.writableNeedDrain) engine.pause();
    });
    engine.on('drain', () => this.#readOn());
    engine.once('end', () => client.end());
    engine.once('close', () => {
      for (const call of this.#repositoryCalls.values()) call.cancel();
    });
  }

  awaitsAnswer(): boolean {
    return this.#open.size > 0;
  }

  readonly #onRequest = (bytes: Buffer): void => {
    try {
      this.#requests.push(bytes);
    } catch {
      // The engine has what cannot be understood, and says so.
      this.#client.off('data', this.#onRequest);
      this.#client.resume();
      this.#engine.end();
    }
    this.#readOn();
  };

  #readOn(): void {
    if (this.#engine.writableNeedDrain || this.#heldBytes > MOST_HELD_BYTES) this.#client.pause();
    else this.#client.resume();
  }

  #wantsRequest({ type, streamId, length }: FrameHead): boolean {
    if (type === FrameType.HEADERS || type === FrameType.CONTINUATION) {
      if (length > MOST_HEADER_BYTES) throw new Error('a header block that is too large');
      return true;
    }
    if (type === FrameType.DATA) return this.#repositoryCalls.get(streamId)?.takesData ?? false;
    if (type !== FrameType.RST_STREAM) return false;
    this.#open.delete(streamId);
    return this.#repositoryCalls.has(streamId);
  }

  #takeRequest(head: FrameHead, frame: Buffer): boolean {
    const { type, flags, streamId } = head;
    if (type === FrameType.HEADERS || type === FrameType.CONTINUATION) return this.#takeHeaders(head, frame);
    const call = this.#repositoryCalls.get(streamId);
    if (type === FrameType.RST_STREAM) {
      call?.cancel();
      this.#repositoryCalls.delete(streamId);
      return true;
    }
    // What is held must not keep the buffer of a whole read alive.
    const kept = Buffer.from(frame);
    this.#heldBytes += kept.length;
    call?.takeData(kept, contentOf(head, kept), (flags & Flag.END_STREAM) !== 0);
    if (call?.isOver) this.#repositoryCalls.delete(streamId);
    return false;
  }

  #takeHeaders(head: FrameHead, frame: Buffer): boolean {
    const { type, flags, streamId } = head;
    const isStart = type === FrameType.HEADERS;
    const endStream = (flags & Flag.END_STREAM) !== 0;
    const block = isStart ? { streamId, endStream, parts: [], bytes: 0 } : this.#block;
    const part = contentOf(head, frame);
    if (block?.streamId !== streamId || block.bytes + part.length > MOST_HEADER_BYTES)
      throw new Error('a header block that is too large, or continues none');
    block.parts.push(part);
    block.bytes += part.length;
    this.#block = block;
    if (flags & Flag.END_HEADERS) {
      this.#block = undefined;
      this.#takeBlock(block);
    }
    return !this.#rules.rewrite;
  }

  #takeBlock({ streamId, endStream, parts }: HeaderBlock): void {
    const [first = Buffer.alloc(0)] = parts;
    const fields = this.#decoder.decode(parts.length === 1 ? first : Buffer.concat(parts));
    const isCall = streamId > this.#newestStream;
    const { rewrite } = this.#rules;
    if (rewrite) {
      const sent = isCall ? rewrite(fields) : fields;
      this.#requests.insert(makeHeaders(streamId, encodeHeaders(sent), endStream));
    }
    // Other blocks are trailers.
    if (!isCall) return;
    this.#newestStream = streamId;
    this.#open.add(streamId);
    for (const { name, value } of fields) if (name === ':path') this.#begin(streamId, value, endStream);
  }

  #begin(streamId: number, path: string, isClientDone: boolean): void {
    const action = grpcRepositoryAction(path);
    const { allowsControl, sync, onModelControl } = this.#rules;
    const isControl = action === 'load' || action === 'unload';
    if (!action || !(isControl || sync)) return;
    const call = new RepositoryCall(
      {
        action,
        refusal: isControl && !allowsControl ? REFUSAL : undefined,
        sync,
        onAnswered: () => {
          if (isControl) onModelControl?.();
        },
      },
      {
        release: (frames) => {
          this.#forget(frames);
          if (frames.length > 0) this.#requests.insert(Buffer.concat(frames));
        },
        refuse: (refusal, isDone) => this.#refuse(streamId, refusal, isDone),
        discard: (frames) => this.#discard(frames),
      },
      isClientDone,
    );
    this.#repositoryCalls.set(streamId, call);
  }

  #forget(frames: readonly Buffer[]): number {
    let bytes = 0;
    for (const { length } of frames) bytes += length;
    this.#heldBytes -= bytes;
    this.#readOn();
    return bytes;
  }

  /** The client counts what it sends against the connection's window, which the engine will not open again for this. */
  #discard(frames: readonly Buffer[]): void {
    const bytes = this.#forget(frames) - frames.length * HEAD_BYTES;
    if (bytes > 0) this.#answers.insert(makeWindowUpdate(bytes));
  }

  #refuse(streamId: number, refusal: GrpcRefusal, isClientDone: boolean): void {
    this.#open.delete(streamId);
    if (isClientDone) this.#repositoryCalls.delete(streamId);
    this.#requests.insert(makeReset(streamId, ErrorCode.CANCEL));
    this.#answers.insert(refusalFrames(streamId, refusal));
    if (!isClientDone) this.#answers.insert(makeReset(streamId, ErrorCode.NO_ERROR));
  }

  #noteAnswer({ type, flags, streamId, length }: FrameHead): boolean {
    const isReset = type === FrameType.RST_STREAM;
    const hasEnd = type === FrameType.DATA || type === FrameType.HEADERS;
    const call = this.#repositoryCalls.get(streamId);
    if (type === FrameType.DATA && length > 0) call?.onEngineData();
    if (!isReset && !(hasEnd && flags & Flag.END_STREAM)) return false;
    this.#open.delete(streamId);
    call?.onEngineEnd(isReset);
    if (call?.isOver) this.#repositoryCalls.delete(streamId);
    return false;
  }
}
