import { Flag, type FrameHead, FrameType, HEAD_BYTES, readHead } from '../../http2/index.ts';

/** Who sees the frames of one direction as they pass. */
export interface FrameInspector {
  /** Called at the head of each frame. `true` asks for the complete frame, for which it may be called again. */
  wantsFrame(head: FrameHead): boolean;
  /** Returns whether the frame passes; otherwise it is left out. @throws Error if nothing after it can be understood */
  takeFrame(head: FrameHead, frame: Buffer): boolean;
}

export interface FrameStreamOptions {
  /** Bytes that precede the first frame. */
  readonly prefaceBytes: number;
  readonly inspector: FrameInspector;
  readonly write: (bytes: Buffer) => void;
}

const NOTHING = Buffer.alloc(0);

/**
 * One direction of an HTTP/2 connection: the bytes pass as they come, while the heads of the frames among them are
 * read. Only complete frames that the inspector leaves out are missing from them, and frames of ours are put between.
 */
export class FrameStream {
  readonly #options: FrameStreamOptions;
  /** Bytes that are kept back until `#needed` of them have come. */
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #needed = 0;
  /** Bytes until the next head. */
  #remaining: number;
  /** Whether a first frame has begun to pass: nothing may come before it. */
  #hasBegun = false;
  /** Whether the last header block still has to be continued: nothing may come between. */
  #isInBlock = false;
  #isPushing = false;
  #ours: Buffer[] = [];

  constructor(options: FrameStreamOptions) {
    this.#options = options;
    this.#remaining = options.prefaceBytes;
  }

  /** Passes what has come. @throws what the inspector throws; the bytes up to that frame have passed then */
  push(chunk: Buffer): void {
    let bytes = chunk;
    if (this.#keptBytes > 0) {
      this.#kept.push(chunk);
      this.#keptBytes += chunk.length;
      if (this.#keptBytes < this.#needed) return;
      bytes = Buffer.concat(this.#kept);
      this.#kept = [];
      this.#keptBytes = 0;
    }
    this.#isPushing = true;
    try {
      this.#pass(bytes);
    } finally {
      this.#isPushing = false;
    }
    this.#insertOurs();
  }

  /** Sends a frame, or several, as soon as no frame of the other side is under way. */
  insert(frames: Buffer): void {
    this.#ours.push(frames);
    if (!this.#isPushing) this.#insertOurs();
  }

  #pass(bytes: Buffer): void {
    const { inspector } = this.#options;
    /** What comes before `at` and has not been sent starts here. */
    let from = 0;
    let at = 0;
    while (at < bytes.length) {
      if (this.#remaining > 0) {
        const taken = Math.min(this.#remaining, bytes.length - at);
        this.#remaining -= taken;
        at += taken;
        continue;
      }
      if (this.#ours.length > 0) {
        this.#send(bytes, from, at);
        this.#insertOurs();
        from = at;
      }
      const available = bytes.length - at;
      const head = available >= HEAD_BYTES ? readHead(bytes, at) : undefined;
      const isWanted = head !== undefined && inspector.wantsFrame(head);
      if (!head || (isWanted && available < HEAD_BYTES + head.length)) {
        this.#send(bytes, from, at);
        this.#keep(bytes.subarray(at), HEAD_BYTES + (head?.length ?? 0));
        return;
      }
      const end = at + HEAD_BYTES + head.length;
      if (isWanted && !this.#takes(head, bytes, from, at)) {
        this.#send(bytes, from, at);
        from = end;
      } else this.#note(head);
      this.#remaining = isWanted ? 0 : HEAD_BYTES + head.length;
      if (isWanted) at = end;
    }
    this.#send(bytes, from, bytes.length);
  }

  #takes(head: FrameHead, bytes: Buffer, from: number, at: number): boolean {
    try {
      return this.#options.inspector.takeFrame(head, bytes.subarray(at, at + HEAD_BYTES + head.length));
    } catch (error) {
      this.#send(bytes, from, at + HEAD_BYTES + head.length);
      throw error;
    }
  }

  #note({ type, flags }: FrameHead): void {
    this.#hasBegun = true;
    if (type === FrameType.HEADERS || type === FrameType.PUSH_PROMISE || type === FrameType.CONTINUATION)
      this.#isInBlock = (flags & Flag.END_HEADERS) === 0;
  }

  #keep(bytes: Buffer, needed: number): void {
    this.#kept.push(bytes);
    this.#keptBytes = bytes.length;
    this.#needed = needed;
  }

  #send(bytes: Buffer, from: number, to: number): void {
    if (from < to) this.#options.write(from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to));
  }

  #insertOurs(): void {
    if (this.#ours.length === 0 || this.#remaining > 0 || this.#isInBlock || !this.#hasBegun) return;
    const frames = this.#ours.length === 1 ? (this.#ours[0] ?? NOTHING) : Buffer.concat(this.#ours);
    this.#ours = [];
    this.#options.write(frames);
  }
}
