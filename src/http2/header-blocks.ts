import { ConnectionError } from './connection-error.ts';
import { ErrorCode } from './error-code.ts';
import { contentOf, Flag, type FrameHead, FrameType } from './frame.ts';
import { HeaderDecoder } from './header-block.ts';
import type { HeaderField } from './header-table.ts';
import { type RequestFields, readRequestFields } from './request-fields.ts';

/** A longer header block ends the connection. */
const MOST_BYTES = 64 * 1024;
const MOST_FRAMES = 128;

interface OpenBlock {
  readonly streamId: number;
  readonly ends: boolean;
  readonly parts: Buffer[];
  bytes: number;
}

export interface HeaderBlock {
  readonly streamId: number;
  /** Whether the client sends nothing more on the stream. */
  readonly ends: boolean;
  /** Undefined if they are malformed. */
  readonly fields: RequestFields | undefined;
  /** The fields one by one, as they came. */
  readonly all: readonly HeaderField[];
}

/** The header blocks of a client, which HEADERS and CONTINUATION frames bring. */
export class HeaderBlocks {
  readonly #decoder = new HeaderDecoder();
  #open: OpenBlock | undefined;
  #lastDecoded: readonly HeaderField[] = [];
  #lastFields: RequestFields | undefined;

  /** The stream whose block has begun and not ended: no other frame may come before its end. */
  get openStream(): number | undefined {
    return this.#open?.streamId;
  }

  /** @returns the block once it is complete @throws ConnectionError if it cannot be decoded or is too large */
  take(head: FrameHead, frame: Buffer): HeaderBlock | undefined {
    const { type, flags, streamId } = head;
    const ends = (flags & Flag.END_STREAM) !== 0;
    const block = type === FrameType.HEADERS ? { streamId, ends, parts: [], bytes: 0 } : this.#open;
    if (!block || streamId % 2 === 0)
      throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, 'a header block of no stream');
    const part = contentOf(head, frame);
    block.bytes += part.length;
    if (block.bytes > MOST_BYTES || block.parts.length >= MOST_FRAMES)
      throw new ConnectionError(ErrorCode.ENHANCE_YOUR_CALM, 'a header block is too large');
    if (!(flags & Flag.END_HEADERS)) {
      // A view would keep the bytes of a whole read.
      block.parts.push(Buffer.from(part));
      this.#open = block;
      return undefined;
    }
    this.#open = undefined;
    const bytes = block.parts.length === 0 ? part : Buffer.concat([...block.parts, part]);
    return { streamId, ends: block.ends, fields: this.#decode(bytes), all: this.#lastDecoded };
  }

  #decode(bytes: Buffer): RequestFields | undefined {
    let decoded: readonly HeaderField[];
    try {
      decoded = this.#decoder.decode(bytes);
    } catch {
      throw new ConnectionError(ErrorCode.COMPRESSION_ERROR, 'a header block cannot be decoded');
    }
    if (decoded !== this.#lastDecoded) {
      this.#lastDecoded = decoded;
      this.#lastFields = readRequestFields(decoded);
    }
    return this.#lastFields;
  }
}
