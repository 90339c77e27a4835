/** The bytes of an ONNX model that adds `addend` to `x`, FP32 with four elements, and calls the sum `y`. */
export function onnxAddModel(addend: number): Buffer {
  const raw = Buffer.alloc(4);
  raw.writeFloatLE(addend);
  const initializer = message(varint(1, 1), varint(2, FLOAT), text(8, 'addend'), bytes(9, raw));
  const node = message(text(1, 'x'), text(1, 'addend'), text(2, 'y'), text(4, 'Add'));
  const graph = message(
    bytes(1, node),
    text(2, 'add'),
    bytes(5, initializer),
    bytes(11, value('x')),
    bytes(12, value('y')),
  );
  return message(varint(1, 8), bytes(7, graph), bytes(8, message(varint(2, 13))));
}

const FLOAT = 1;

function value(name: string): Buffer {
  const shape = message(bytes(1, message(varint(1, 4))));
  const tensor = message(varint(1, FLOAT), bytes(2, shape));
  return message(text(1, name), bytes(2, message(bytes(1, tensor))));
}

const message = (...fields: readonly Buffer[]) => Buffer.concat(fields);
const varint = (field: number, number: number) => Buffer.from([field << 3, number]);
const text = (field: number, content: string) => bytes(field, Buffer.from(content));

/** Fields of up to 16,383 bytes. */
function bytes(field: number, content: Buffer): Buffer {
  const size = content.length < 128 ? [content.length] : [(content.length & 127) | 128, content.length >> 7];
  return Buffer.concat([Buffer.from([(field << 3) | 2, ...size]), content]);
}
