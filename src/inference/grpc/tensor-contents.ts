import { BYTES, FIXED32, FIXED64, VARINT, type WireReader } from '../../kserve/index.ts';

/** The fields of `InferTensorContents` by number, which is the order in which Triton looks at them. */
export const CONTENT_KINDS = ['bool', 'int', 'int64', 'uint', 'uint64', 'fp32', 'fp64', 'bytes'] as const;
export type ContentKind = (typeof CONTENT_KINDS)[number];

/** The elements that an input has in `contents`, by field: little-endian, in the field's own width; BYTES as in a tensor. */
export type TensorContents = ReadonlyMap<ContentKind, Uint8Array>;

interface ContentField {
  readonly kind: ContentKind;
  readonly wireType: number;
  /** Bytes of one element; 0 for BYTES. */
  readonly width: number;
}

const FIELDS: readonly (ContentField | undefined)[] = [
  undefined,
  { kind: 'bool', wireType: VARINT, width: 1 },
  { kind: 'int', wireType: VARINT, width: 4 },
  { kind: 'int64', wireType: VARINT, width: 8 },
  { kind: 'uint', wireType: VARINT, width: 4 },
  { kind: 'uint64', wireType: VARINT, width: 8 },
  { kind: 'fp32', wireType: FIXED32, width: 4 },
  { kind: 'fp64', wireType: FIXED64, width: 8 },
  { kind: 'bytes', wireType: BYTES, width: 0 },
];

/** Collects `InferTensorContents`, which may come in pieces, as protocol buffers allow. */
export class TensorContentsReader {
  readonly #elements = new Map<ContentKind, Elements>();

  /** @throws WireError */
  read(reader: WireReader): void {
    while (!reader.isAtEnd) {
      const tag = reader.tag();
      const field = FIELDS[tag >>> 3];
      const wireType = tag & 7;
      if (!field || (wireType !== field.wireType && wireType !== BYTES)) {
        reader.skip(tag);
        continue;
      }
      let elements = this.#elements.get(field.kind);
      if (!elements) {
        elements = new Elements(field);
        this.#elements.set(field.kind, elements);
      }
      elements.add(reader, wireType);
    }
  }

  finish(): TensorContents {
    const contents = new Map<ContentKind, Uint8Array>();
    for (const [kind, elements] of this.#elements)
      if (elements.bytes.length > 0) contents.set(kind, elements.bytes);
    return contents;
  }
}

const NONE = Buffer.alloc(0);

/** The elements of one field. A single run of floats stays a view of the message. */
class Elements {
  readonly #field: ContentField;
  #buffer: Buffer = NONE;
  #length = 0;

  constructor(field: ContentField) {
    this.#field = field;
  }

  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  add(reader: WireReader, wireType: number): void {
    const { wireType: own, width } = this.#field;
    if (width === 0) this.#addText(reader.bytes());
    else if (wireType !== BYTES) this.#addOne(reader);
    else if (own === VARINT) this.#addPacked(reader.bytes(), reader);
    else this.#addFixed(reader.bytes(), reader);
  }

  #addText(text: Buffer): void {
    const at = this.#grow(4 + text.length);
    this.#buffer.writeUInt32LE(text.length, at);
    text.copy(this.#buffer, at + 4);
  }

  #addOne(reader: WireReader): void {
    const { width, wireType } = this.#field;
    const at = this.#grow(width);
    if (wireType === VARINT) this.#write(reader, at);
    else reader.fixed(width).copy(this.#buffer, at);
  }

  #addPacked(bytes: Buffer, parent: WireReader): void {
    const reader = parent.nested(bytes);
    const { width } = this.#field;
    let at = this.#grow(countVarints(bytes) * width);
    for (; !reader.isAtEnd; at += width) this.#write(reader, at);
  }

  #addFixed(bytes: Buffer, parent: WireReader): void {
    // A part of an element means that the message is broken.
    parent.nested(bytes).refusePartOf(this.#field.width);
    if (this.#length === 0) {
      this.#buffer = bytes;
      this.#length = bytes.length;
      return;
    }
    const at = this.#grow(bytes.length);
    bytes.copy(this.#buffer, at);
  }

  #write(reader: WireReader, at: number): void {
    const { kind, width } = this.#field;
    if (kind === 'bool') this.#buffer[at] = Number(reader.bool());
    else if (width === 4) this.#buffer.writeUInt32LE(reader.uint32(), at);
    else this.#buffer.writeBigInt64LE(reader.int64(), at);
  }

  /** Makes room for so many more bytes. @returns where they begin */
  #grow(bytes: number): number {
    const at = this.#length;
    this.#length += bytes;
    if (this.#length > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(at === 0 ? bytes : 2 * this.#length);
      this.#buffer.copy(grown, 0, 0, at);
      this.#buffer = grown;
    }
    return at;
  }
}

/** How many varints end in these bytes. */
function countVarints(bytes: Buffer): number {
  let count = 0;
  for (const byte of bytes) if (byte < 128) count += 1;
  return count;
}
