import { type HeaderField, HeaderTable, STATIC_INDEX } from './header-table.ts';
import { decodeHuffman } from './huffman.ts';

/** Decodes the header blocks of one direction of a connection, every one of them and in order (RFC 7541). */
export class HeaderDecoder {
  readonly #table: HeaderTable;
  #block: Buffer = Buffer.alloc(0);
  #at = 0;
  /** The last block that left the table as it was: callers often repeat it. */
  #lastBlock: Buffer = Buffer.alloc(0);
  #lastFields: readonly HeaderField[] = [];
  #lastVersion = 0;

  /** @param mostTableBytes how large the sender may make its table of earlier fields */
  constructor(mostTableBytes?: number) {
    this.#table = new HeaderTable(mostTableBytes);
  }

  /**
   * Returns the same array for a block that says the same as the one before.
   * @throws Error if the block is malformed; no later block can be decoded then, as the table is no longer known
   */
  decode(block: Buffer): readonly HeaderField[] {
    const { version } = this.#table;
    if (this.#lastVersion === version && this.#lastBlock.equals(block)) return this.#lastFields;
    const fields = this.#decode(block);
    if (this.#table.version === version) {
      this.#lastBlock = Buffer.from(block);
      this.#lastFields = fields;
      this.#lastVersion = version;
    }
    return fields;
  }

  #decode(block: Buffer): HeaderField[] {
    this.#block = block;
    this.#at = 0;
    const fields: HeaderField[] = [];
    let resizes = 0;
    while (this.#at < block.length) {
      const first = block[this.#at] as number;
      if (first >= 0x80) fields.push(this.#table.get(this.#integer(7)));
      else if (first >= 0x40) {
        const field = this.#literal(6);
        this.#table.add(field);
        fields.push(field);
      } else if (first >= 0x20) {
        resizes += 1;
        if (fields.length > 0 || resizes > 2) throw new Error('a header table is resized within a block');
        this.#table.resize(this.#integer(5));
      } else fields.push(this.#literal(4));
    }
    return fields;
  }

  #literal(prefixBits: number): HeaderField {
    const index = this.#integer(prefixBits);
    const name = index === 0 ? this.#string() : this.#table.get(index).name;
    return { name, value: this.#string() };
  }

  #byte(): number {
    const byte = this.#block[this.#at];
    if (byte === undefined) throw new Error('a header block that ends too early');
    this.#at += 1;
    return byte;
  }

  /** RFC 7541, 5.1. */
  #integer(prefixBits: number): number {
    const most = (1 << prefixBits) - 1;
    let value = this.#byte() & most;
    if (value < most) return value;
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.#byte();
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new Error('a number of more than four bytes in a header block');
  }

  #string(): string {
    const isHuffman = (this.#block[this.#at] ?? 0) >= 0x80;
    const length = this.#integer(7);
    const from = this.#at;
    const to = from + length;
    if (to > this.#block.length) throw new Error('a header block that ends too early');
    this.#at = to;
    return isHuffman ? decodeHuffman(this.#block, from, to) : this.#block.toString('latin1', from, to);
  }
}

/** Encodes fields so that neither side has to remember them: the block fits anywhere between those of another encoder. */
export function encodeHeaders(fields: readonly HeaderField[]): Buffer {
  const parts: Buffer[] = [];
  for (const { name, value } of fields) {
    const index = STATIC_INDEX.get(name) ?? 0;
    parts.push(encodeInteger(index, 4));
    if (index === 0) parts.push(...encodeString(name));
    parts.push(...encodeString(value));
  }
  return Buffer.concat(parts);
}

function encodeString(text: string): Buffer[] {
  return [encodeInteger(text.length, 7), Buffer.from(text, 'latin1')];
}

function encodeInteger(value: number, prefixBits: number): Buffer {
  const most = (1 << prefixBits) - 1;
  if (value < most) return Buffer.of(value);
  const bytes = [most];
  let rest = value - most;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}
