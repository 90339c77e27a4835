import { constants, createInflate, createInflateRaw } from 'node:zlib';
import { invalidArgument, unsupported } from '../../kserve/index.ts';

/**
 * Decodes a Content-Encoding. A corrupt stream yields what could be read, as in Triton's inflater; the JSON parser
 * reports the rest.
 * @throws KServeError for unknown encodings, an empty body, and more than `maxBytes`
 */
export async function decompress(
  body: Buffer,
  encoding: string | undefined,
  maxBytes: number,
): Promise<Buffer> {
  if (encoding === undefined || encoding === 'identity') return body;
  if (encoding !== 'gzip' && encoding !== 'deflate') throw unsupported('Unsupported compression type');
  if (body.length === 0) throw invalidArgument('nothing to be decompressed');
  const content = await inflate(body, maxBytes);
  if (content.length > maxBytes)
    throw invalidArgument(
      `Decompressed data size exceeds the maximum allowed value of ${maxBytes} bytes. Use --http-max-input-size to increase the limit.`,
    );
  return content;
}

/** What can be read of one stream of either form; at most slightly more than `maxBytes`. */
function inflate(body: Buffer, maxBytes: number): Promise<Buffer> {
  // Node's gzip reader continues with further members, and loses its output if what follows is not one.
  const header = gzipHeaderLength(body);
  // A stream that ends early counts up to its end.
  const options = { finishFlush: constants.Z_SYNC_FLUSH };
  const inflater = header > 0 ? createInflateRaw(options) : createInflate(options);
  const pieces: Buffer[] = [];
  let size = 0;
  return new Promise((resolve) => {
    const finish = () => {
      inflater.close();
      resolve(Buffer.concat(pieces));
    };
    inflater.on('data', (piece: Buffer) => {
      size += piece.length;
      pieces.push(piece);
      if (size > maxBytes) finish();
    });
    inflater.on('end', finish);
    inflater.on('error', finish);
    inflater.end(header > 0 ? body.subarray(header) : body);
  });
}

/** Length of a gzip header before the compressed data (RFC 1952, 2.3); 0 if it is not gzip. */
function gzipHeaderLength(body: Buffer): number {
  const [magic, second, method, flags = 0] = body;
  if (magic !== 0x1f || second !== 0x8b || method !== 8) return 0;
  let at = 10;
  if (flags & 4) at += 2 + (at + 2 <= body.length ? body.readUInt16LE(at) : 0);
  for (const text of [8, 16]) if (flags & text) at = body.indexOf(0, at) + 1 || body.length;
  return flags & 2 ? at + 2 : at;
}
