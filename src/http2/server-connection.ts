import type { Socket } from 'node:net';
import { ConnectionError, protocolError, requireSize } from './connection-error.ts';
import { ErrorCode } from './error-code.ts';
import { FloodLimits } from './flood-limits.ts';
import { Flag, type FrameHead, FrameType, HEAD_BYTES } from './frame.ts';
import { FrameReader, type FrameReceiver } from './frame-reader.ts';
import { FrameWriter } from './frame-writer.ts';
import { HeaderBlocks } from './header-blocks.ts';
import type { HeaderField } from './header-table.ts';
import { Pings } from './pings.ts';
import type { RequestFields } from './request-fields.ts';
import {
  MOST_WINDOW_BYTES,
  ServerStream,
  type StreamConnection,
  type StreamHandler,
} from './server-stream.ts';
import { DEFAULT_WINDOW_BYTES, makeSettings, readSettings } from './settings.ts';

/** @param all the fields one by one, as they came */
type OnStream = (stream: ServerStream, fields: RequestFields, all: readonly HeaderField[]) => StreamHandler;

export interface ServerConnectionOptions {
  /** How much a client may send ahead, on one stream and on all together. */
  readonly windowBytes: number;
  /** Takes a request; its body and end go to the handler. */
  readonly onStream: OnStream;
  /** The client has sent a PING, which is acknowledged. */
  readonly onPing?: () => void;
  /** The connection has closed, and with it every stream. */
  readonly onClose: () => void;
}

/** How long a client may take to send its settings, as with gRPC's own library. */
const HANDSHAKE_MS = 120_000;
/** More streams at once are refused. */
const MOST_STREAMS = 100_000;
/** How long a client may take to receive what is sent last. */
const LAST_BYTES_MS = 2_000;

/** The server's side of an HTTP/2 connection (RFC 9113). */
export class ServerConnection implements StreamConnection, FrameReceiver {
  readonly writer: FrameWriter;
  sendWindow = DEFAULT_WINDOW_BYTES;
  readonly #socket: Socket;
  readonly #options: ServerConnectionOptions;
  readonly #reader = new FrameReader(this);
  readonly #blocks = new HeaderBlocks();
  readonly #streams = new Map<number, ServerStream>();
  /** Streams that wait for the connection's window or for the socket, in their order. */
  readonly #waiting = new Set<ServerStream>();
  /** What the client takes on a new stream. */
  #streamWindow = DEFAULT_WINDOW_BYTES;
  #receiveWindow: number;
  #newestStream = 0;
  #hasSettings = false;
  readonly #pings: Pings;
  readonly #limits = new FloodLimits();
  readonly #handshake: NodeJS.Timeout;
  #isClosing = false;
  #isClosed = false;

  /** Takes over a socket from which nothing has been read. */
  constructor(socket: Socket, options: ServerConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#receiveWindow = options.windowBytes;
    this.writer = new FrameWriter(socket);
    this.#pings = new Pings(this.writer, options.onPing);
    this.writer.write(FrameType.SETTINGS, 0, 0, makeSettings(options.windowBytes));
    this.writer.writeNumber(FrameType.WINDOW_UPDATE, 0, options.windowBytes - DEFAULT_WINDOW_BYTES);
    this.#handshake = setTimeout(() => this.destroy(), HANDSHAKE_MS).unref();
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('drain', () => this.#resume());
    socket.on('error', () => undefined);
    socket.once('end', () => this.#finish());
    socket.once('close', () => this.#finish());
  }

  /** Accepts no further streams, and closes once those that are open have closed. */
  close(): void {
    if (this.#isClosing || this.#isClosed) return;
    this.#isClosing = true;
    this.#sayGoodbye(ErrorCode.NO_ERROR);
    if (this.#streams.size === 0) this.#end();
  }

  /** Closes with a reason for the client, after what is already to be sent. */
  closeWith(code: number, text = ''): void {
    if (this.#isClosed) return;
    this.#sayGoodbye(code, text);
    this.writer.flush();
    // Closing while the client still sends would discard the reason on its side.
    this.#socket.end();
    this.#socket.resume();
    this.#finish();
    this.#destroyLater();
  }

  /** Calls back when the client has acknowledged it. */
  ping(onAcknowledged: () => void): void {
    if (!this.#isClosed) this.#pings.send(onAcknowledged);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  destroy(): void {
    this.#socket.destroy();
    this.#finish();
  }

  awaitRoom(stream: ServerStream): void {
    this.#waiting.add(stream);
  }

  remove(stream: ServerStream): void {
    this.#streams.delete(stream.id);
    this.#waiting.delete(stream);
    if (this.#isClosing && this.#streams.size === 0) this.#end();
  }

  onFrame(head: FrameHead, frame: Buffer): void {
    if (this.#isClosed) return;
    const { type, flags, streamId, length } = head;
    const { openStream } = this.#blocks;
    if (openStream !== undefined && (type !== FrameType.CONTINUATION || streamId !== openStream))
      throw protocolError('a header block is interrupted');
    if (!this.#hasSettings && type !== FrameType.SETTINGS)
      throw protocolError('the first frame is not SETTINGS');
    if (type === FrameType.PING || type === FrameType.PRIORITY) this.#limits.countIdleFrame();
    switch (type) {
      case FrameType.HEADERS:
      case FrameType.CONTINUATION:
        this.#takeHeaders(head, frame);
        return;
      case FrameType.RST_STREAM:
        requireSize(length === 4);
        if (streamId === 0 || streamId > this.#newestStream) throw protocolError('RST_STREAM of no stream');
        this.#giveUp(streamId);
        return;
      case FrameType.SETTINGS:
        if (streamId !== 0) throw protocolError('SETTINGS of a stream');
        this.#limits.countSettings();
        if (flags & Flag.ACK) requireSize(length === 0);
        else this.#takeSettings(frame);
        return;
      case FrameType.PING:
        requireSize(length === 8);
        if (streamId !== 0) throw protocolError('PING of a stream');
        this.#pings.take(flags, frame.subarray(HEAD_BYTES));
        return;
      case FrameType.WINDOW_UPDATE:
        requireSize(length === 4);
        this.#widen(streamId, frame.readUInt32BE(HEAD_BYTES) & MOST_WINDOW_BYTES);
        return;
      case FrameType.PUSH_PROMISE:
        throw protocolError('a client has pushed');
      case FrameType.PRIORITY:
        requireSize(length === 5);
        return;
      default:
    }
  }

  onData(streamId: number, content: Buffer, counted: number, ends: boolean): void {
    if (this.#isClosed) return;
    if (this.#blocks.openStream !== undefined || streamId === 0 || streamId > this.#newestStream)
      throw protocolError('DATA of no stream');
    if (counted === 0 && !ends) this.#limits.countIdleFrame();
    this.#receiveWindow -= counted;
    if (this.#receiveWindow < 0)
      throw new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, 'more DATA than its window');
    const { windowBytes } = this.#options;
    const taken = windowBytes - this.#receiveWindow;
    if (taken * 2 >= windowBytes) {
      this.#receiveWindow = windowBytes;
      this.writer.writeNumber(FrameType.WINDOW_UPDATE, 0, taken);
    }
    this.#streams.get(streamId)?.take(content, counted, ends);
  }

  #receive(chunk: Buffer): void {
    if (this.#isClosed) return;
    try {
      this.#reader.push(chunk);
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      this.closeWith(error.code);
      return;
    }
    // A client that reads no answers to its PING and SETTINGS frames is not read from either.
    if (!this.writer.hasRoom) this.#socket.pause();
  }

  #resume(): void {
    this.#socket.resume();
    // A stream that has to wait again comes last, when there is no room for any.
    for (const stream of this.#waiting) {
      if (this.sendWindow <= 0 || !this.writer.hasRoom) return;
      this.#waiting.delete(stream);
      stream.pump();
    }
  }

  #takeHeaders(head: FrameHead, frame: Buffer): void {
    const block = this.#blocks.take(head, frame);
    if (!block) return;
    const { streamId, ends, fields, all } = block;
    if (streamId <= this.#newestStream) {
      const stream = this.#streams.get(streamId);
      // Trailers are not read, and those of a stream that is over are late.
      if (ends) stream?.endOfClient();
      else stream?.reset(ErrorCode.PROTOCOL_ERROR);
      return;
    }
    this.#newestStream = streamId;
    if (this.#isClosing || this.#streams.size >= MOST_STREAMS) {
      this.writer.writeNumber(FrameType.RST_STREAM, streamId, ErrorCode.REFUSED_STREAM);
      return;
    }
    if (!fields) {
      this.writer.writeNumber(FrameType.RST_STREAM, streamId, ErrorCode.PROTOCOL_ERROR);
      return;
    }
    const { windowBytes, onStream } = this.#options;
    const stream = new ServerStream(streamId, this, this.#streamWindow, windowBytes);
    this.#streams.set(streamId, stream);
    stream.begin(onStream(stream, fields, all));
    if (ends) stream.endOfClient();
  }

  #takeSettings(frame: Buffer): void {
    const window = readSettings(frame.subarray(HEAD_BYTES)) ?? this.#streamWindow;
    const change = window - this.#streamWindow;
    this.#streamWindow = window;
    this.#hasSettings = true;
    clearTimeout(this.#handshake);
    this.writer.write(FrameType.SETTINGS, Flag.ACK, 0, NOTHING);
    if (change !== 0) for (const stream of [...this.#streams.values()]) this.#require(stream.widen(change));
  }

  #giveUp(streamId: number): void {
    const stream = this.#streams.get(streamId);
    if (!stream) return;
    stream.close();
    this.#limits.countReset();
  }

  #widen(streamId: number, bytes: number): void {
    if (streamId > this.#newestStream) throw protocolError('WINDOW_UPDATE of no stream');
    const stream = this.#streams.get(streamId);
    if (bytes === 0) {
      if (streamId === 0) throw protocolError('WINDOW_UPDATE of nothing');
      stream?.reset(ErrorCode.PROTOCOL_ERROR);
    } else if (streamId !== 0) {
      if (stream && !stream.widen(bytes)) stream.reset(ErrorCode.FLOW_CONTROL_ERROR);
    } else {
      this.sendWindow += bytes;
      this.#require(this.sendWindow <= MOST_WINDOW_BYTES);
      this.#resume();
    }
  }

  #require(isValidWindow: boolean): void {
    if (!isValidWindow) throw new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, 'a window is too large');
  }

  #sayGoodbye(code: number, text = ''): void {
    const payload = Buffer.alloc(8 + text.length);
    payload.writeUInt32BE(this.#newestStream, 0);
    payload.writeUInt32BE(code, 4);
    payload.write(text, 8, 'latin1');
    this.writer.write(FrameType.GOAWAY, 0, 0, payload);
  }

  /** Sends what is left, and closes. */
  #end(): void {
    this.writer.flush();
    this.#socket.destroySoon();
    this.#finish();
    this.#destroyLater();
  }

  #destroyLater(): void {
    const timer = setTimeout(() => this.#socket.destroy(), LAST_BYTES_MS).unref();
    this.#socket.once('close', () => clearTimeout(timer));
  }

  #finish(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#handshake);
    for (const stream of [...this.#streams.values()]) stream.close();
    this.#options.onClose();
  }
}

const NOTHING = Buffer.alloc(0);
