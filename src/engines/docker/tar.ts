import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';

const BLOCK = 512;
/** What fits into a ustar size field; larger sizes, and names beyond 100 bytes, go into a pax record. */
const MOST_USTAR_BYTES = 0o77777777777;
const MOST_NAME_BYTES = 100;

/** A folder as a tar stream below `prefix`, file by file: models are too large for memory. Links are followed. */
export function tarDirectory(directory: string, prefix: string): Readable {
  return Readable.from(entries(directory, prefix), { objectMode: false });
}

async function* entries(directory: string, prefix: string): AsyncGenerator<Buffer> {
  yield* walk(directory, prefix);
  yield Buffer.alloc(BLOCK * 2);
}

async function* walk(directory: string, name: string): AsyncGenerator<Buffer> {
  yield* header(`${name}/`, 0, '5');
  for (const entry of (await readdir(directory)).sort()) {
    const source = path.join(directory, entry);
    const target = `${name}/${entry}`;
    const facts = await stat(source);
    if (facts.isDirectory()) yield* walk(source, target);
    else if (facts.isFile()) yield* file(source, target, facts.size);
  }
}

async function* file(source: string, name: string, size: number): AsyncGenerator<Buffer> {
  yield* header(name, size, '0');
  // Not a byte beyond the size in the header, should the file grow meanwhile.
  let sent = 0;
  if (size > 0) {
    for await (const chunk of createReadStream(source, { end: size - 1, highWaterMark: 1 << 20 })) {
      sent += (chunk as Buffer).length;
      yield chunk as Buffer;
    }
  }
  if (sent !== size) throw new Error(`${source} became shorter while it was read`);
  if (size % BLOCK !== 0) yield Buffer.alloc(BLOCK - (size % BLOCK));
}

function* header(name: string, size: number, type: '0' | '5'): Generator<Buffer> {
  const needsPax = Buffer.byteLength(name) > MOST_NAME_BYTES || size > MOST_USTAR_BYTES;
  if (needsPax) {
    const records = Buffer.from(paxRecord('path', name) + paxRecord('size', String(size)));
    yield block('pax', records.length, 'x');
    yield Buffer.concat([records, Buffer.alloc((BLOCK - (records.length % BLOCK)) % BLOCK)]);
  }
  yield block(name, Math.min(size, MOST_USTAR_BYTES), type);
}

/** `LENGTH KEY=VALUE\n`, where the length counts its own digits. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(rest);
  while (length !== Buffer.byteLength(`${length}${rest}`)) length = Buffer.byteLength(`${length}${rest}`);
  return `${length}${rest}`;
}

function block(name: string, size: number, type: '0' | '5' | 'x'): Buffer {
  const bytes = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, digits: number) =>
    bytes.write(value.toString(8).padStart(digits, '0'), at, 'latin1');
  Buffer.from(name).copy(bytes, 0, 0, MOST_NAME_BYTES);
  octal(type === '5' ? 0o755 : 0o644, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(size, 124, 11);
  octal(Math.floor(Date.now() / 1_000), 136, 11);
  bytes.write(' '.repeat(8), 148, 'latin1');
  bytes.write(type, 156, 'latin1');
  bytes.write('ustar\u000000', 257, 'latin1');
  let sum = 0;
  for (const byte of bytes) sum += byte;
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}
