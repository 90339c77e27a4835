import { isUtf8 } from 'node:buffer';

/** What is wrong with the bytes of a message: they are no protocol buffer. */
export class WireError extends Error {}

/** The wire types of protocol buffers. */
export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
const START_GROUP = 3;
const END_GROUP = 4;
export const FIXED32 = 5;

/** As protobuf's own parser: groups may contain each other this deep. */
const MAX_DEPTH = 100;

/** Reads one message of protocol buffers, field by field. Nothing is copied: bytes are views of the message. */
export class WireReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;

  constructor(bytes: Buffer, start = 0, end: number = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#end;
  }

  /** The number of the next field times eight, plus its wire type. */
  tag(): number {
    const tag = this.uint32();
    if (tag < 8) throw new WireError('a field has the number 0');
    return tag;
  }

  /** The low 32 bits of a varint, unsigned. */
  uint32(): number {
    const first = this.#byte();
    if (first < 128) return first;
    let value = first & 127;
    for (let index = 1; index < 10; index += 1) {
      const byte = this.#byte();
      if (index < 5) value |= (byte & 127) << (7 * index);
      if (byte < 128) return value >>> 0;
    }
    throw new WireError('a number takes more than ten bytes');
  }

  /** A varint as a signed number of 64 bits. */
  int64(): bigint {
    let low = 0n;
    for (let index = 0n; index < 10n; index += 1n) {
      const byte = this.#byte();
      low |= BigInt(byte & 127) << (7n * index);
      if (byte < 128) return BigInt.asIntN(64, low);
    }
    throw new WireError('a number takes more than ten bytes');
  }

  /** The same as a JavaScript number, which is not exact beyond 2^53. */
  int64AsNumber(): number {
    const byte = this.#at < this.#end ? this.#bytes[this.#at] : undefined;
    if (byte === undefined || byte >= 128) return Number(this.int64());
    this.#at += 1;
    return byte;
  }

  bool(): boolean {
    return this.int64() !== 0n;
  }

  double(): number {
    const at = this.#skipTo(8);
    return this.#bytes.readDoubleLE(at);
  }

  /** A view of a field's bytes. */
  bytes(): Buffer {
    const length = this.uint32();
    const at = this.#skipTo(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** A reader of a field that is a message. */
  message(): WireReader {
    const length = this.uint32();
    const at = this.#skipTo(length);
    return new WireReader(this.#bytes, at, at + length);
  }

  /** A reader of bytes that were read before. */
  nested(bytes: Buffer): WireReader {
    return new WireReader(bytes);
  }

  /** @throws WireError for what is not UTF-8 */
  string(): string {
    const length = this.uint32();
    const at = this.#skipTo(length);
    const text = this.#bytes.toString('utf8', at, at + length);
    if (text.includes('\ufffd') && !isUtf8(this.#bytes.subarray(at, at + length)))
      throw new WireError('a text is not UTF-8');
    return text;
  }

  /** @throws WireError where the message does not consist of whole elements of `width` bytes */
  refusePartOf(width: number): void {
    if ((this.#end - this.#at) % width !== 0) throw new WireError('the message ends within an element');
  }

  /** The next bytes as they are. */
  fixed(length: number): Buffer {
    const at = this.#skipTo(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** Passes over the value of a field that is not known, or that has another wire type. */
  skip(tag: number, depth = 0): void {
    switch (tag & 7) {
      case VARINT:
        this.int64();
        return;
      case FIXED64:
        this.#skipTo(8);
        return;
      case BYTES:
        this.#skipTo(this.uint32());
        return;
      case FIXED32:
        this.#skipTo(4);
        return;
      case START_GROUP:
        this.#skipGroup(tag, depth + 1);
        return;
      default:
        throw new WireError('a field has an unknown wire type');
    }
  }

  #skipGroup(start: number, depth: number): void {
    if (depth > MAX_DEPTH) throw new WireError('groups are nested too deeply');
    for (;;) {
      const tag = this.tag();
      if ((tag & 7) === END_GROUP) {
        if (tag >>> 3 !== start >>> 3) throw new WireError('a group ends that has not begun');
        return;
      }
      this.skip(tag, depth);
    }
  }

  #byte(): number {
    if (this.#at >= this.#end) throw new WireError('the message ends within a field');
    const byte = this.#bytes[this.#at] ?? 0;
    this.#at += 1;
    return byte;
  }

  /** Returns where the next `length` bytes begin, and moves behind them. */
  #skipTo(length: number): number {
    const at = this.#at;
    if (length > this.#end - at) throw new WireError('the message ends within a field');
    this.#at = at + length;
    return at;
  }
}
