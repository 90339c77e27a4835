/** Returns the elements of a BYTES tensor as views; `undefined` if the last one is truncated. */
export function splitBytesTensor(data: Uint8Array): Buffer[] | undefined {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const elements: Buffer[] = [];
  let at = 0;
  while (at + 4 <= bytes.length) {
    const end = at + 4 + bytes.readUInt32LE(at);
    if (end > bytes.length) return undefined;
    elements.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return at === bytes.length ? elements : undefined;
}

/** Encodes elements, each after its 4-byte little-endian length. */
export function joinBytesTensor(elements: readonly (string | Uint8Array)[]): Buffer {
  let size = 0;
  for (const element of elements)
    size += 4 + (typeof element === 'string' ? Buffer.byteLength(element) : element.byteLength);
  const target = Buffer.allocUnsafe(size);
  let at = 0;
  for (const element of elements) {
    const length = typeof element === 'string' ? Buffer.byteLength(element) : element.byteLength;
    at = target.writeUInt32LE(length, at);
    if (typeof element === 'string') target.write(element, at);
    else target.set(element, at);
    at += length;
  }
  return target;
}
