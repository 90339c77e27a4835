import { type FileHandle, open } from 'node:fs/promises';

const BLOCK_BYTES = 16 * 1024;
/** The longest text that may be a name. */
const MAX_TEXT_BYTES = 64 * 1024;

/** One field of a message: the location of its content, or its value. */
export interface ProtobufField {
  readonly number: number;
  /** The value of a varint field; 0 for others. */
  readonly value: number;
  /** Offsets in the file of a length-delimited field; `start === end` for others. */
  readonly start: number;
  readonly end: number;
}

/** The file is not a protobuf message, or is truncated. */
export class ProtobufFault extends Error {}

/** Reads fields of a protobuf file in place, so that a model of gigabytes costs a few small reads. */
export class ProtobufFile implements AsyncDisposable {
  readonly bytes: number;
  readonly #handle: FileHandle;
  #block = Buffer.alloc(0);
  #blockStart = 0;

  private constructor(handle: FileHandle, bytes: number) {
    this.#handle = handle;
    this.bytes = bytes;
  }

  /** @throws the system's error if the file cannot be opened */
  static async open(file: string): Promise<ProtobufFile> {
    const handle = await open(file, 'r');
    const { size } = await handle.stat();
    return new ProtobufFile(handle, size);
  }

  /** The fields of the message between two offsets. @throws ProtobufFault */
  async *fields(start = 0, end = this.bytes): AsyncGenerator<ProtobufField> {
    for (let at = start; at < end; ) {
      const key = await this.#varint(at, end);
      const number = Math.floor(key.value / 8);
      const kind = key.value % 8;
      if (number === 0) throw new ProtobufFault(`no field has the number 0 (byte ${at})`);
      if (kind === 0) {
        const { value, next } = await this.#varint(key.next, end);
        yield { number, value, start: next, end: next };
        at = next;
        continue;
      }
      const length = kind === 2 ? await this.#varint(key.next, end) : undefined;
      const from = length?.next ?? key.next;
      const size = length?.value ?? { 1: 8, 5: 4 }[kind];
      if (size === undefined || from + size > end)
        throw new ProtobufFault(`a field that the file does not hold (byte ${at})`);
      yield { number, value: 0, start: from, end: length ? from + size : from };
      at = from + size;
    }
  }

  async text({ start, end }: ProtobufField): Promise<string> {
    if (end - start > MAX_TEXT_BYTES) return '';
    const content = Buffer.alloc(end - start);
    await this.#handle.read(content, 0, content.length, start);
    return content.toString('utf8');
  }

  async #varint(start: number, end: number): Promise<{ value: number; next: number }> {
    let value = 0;
    for (let index = 0, factor = 1; index < 10; index += 1, factor *= 128) {
      if (start + index >= end) throw new ProtobufFault('the file ends in the middle of a number');
      const byte = await this.#byte(start + index);
      value += (byte & 127) * factor;
      if (byte < 128) return { value, next: start + index + 1 };
    }
    throw new ProtobufFault(`a number of more than ten bytes (byte ${start})`);
  }

  async #byte(at: number): Promise<number> {
    if (at < this.#blockStart || at >= this.#blockStart + this.#block.length) {
      const block = Buffer.alloc(BLOCK_BYTES);
      const { bytesRead } = await this.#handle.read(block, 0, BLOCK_BYTES, at);
      this.#block = block.subarray(0, bytesRead);
      this.#blockStart = at;
    }
    const byte = this.#block[at - this.#blockStart];
    if (byte === undefined) throw new ProtobufFault('the file ended while it was read');
    return byte;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}
