import type { IncomingMessage } from 'node:http';
import { constants, createInflate, createInflateRaw } from 'node:zlib';
import { invalidArgument, unsupported } from '../../kserve/index.ts';

/** Triton reads Content-Length into an int32; nothing larger is taken from a chunked body either. */
const MAX_BODY_BYTES = 2 ** 31 - 1;
const MAX_CHUNKS = 65_536;

/** The limit of JSON, raw and decompressed bodies: Triton's `--http-max-input-size`. */
export const MAX_INPUT_BYTES = 64 * 1024 * 1024;

/**
 * Collects a body. A body of one piece stays the piece it came in; a larger one is joined once, so that its first
 * tensor (behind `headerBytes` of JSON, whatever the client says they are) is aligned for every datatype.
 * @throws KServeError when it is too large or comes in too many chunks; what else arrives is thrown away
 */
export function readBody(request: IncomingMessage, headerBytes: number): Promise<Buffer> {
  const declared = request.headers['content-length'];
  if (declared === undefined && request.headers['transfer-encoding'] === undefined)
    return Promise.resolve(EMPTY);
  return new Promise((resolve, reject) => {
    if (declared !== undefined && Number(declared) > MAX_BODY_BYTES) {
      request.resume();
      reject(invalidArgument(`Unable to parse Content-Length, got: ${declared}`));
      return;
    }
    const pieces: Buffer[] = [];
    let size = 0;
    request.on('data', (piece: Buffer) => {
      size += piece.length;
      pieces.push(piece);
      if (declared !== undefined || (pieces.length <= MAX_CHUNKS && size <= MAX_BODY_BYTES)) return;
      const tooMany = pieces.length > MAX_CHUNKS;
      pieces.length = 0;
      request.removeAllListeners('data');
      request.resume();
      reject(
        invalidArgument(
          tooMany
            ? `Chunked request body exceeds maximum of ${MAX_CHUNKS} non-empty chunks. Send fewer or larger HTTP chunks.`
            : `Unable to parse Content-Length, got: ${size}`,
        ),
      );
    });
    request.on('end', () => resolve(join(pieces, size, headerBytes)));
    request.on('error', reject);
    request.on('close', () => reject(new Error('the client went away')));
  });
}

const EMPTY = Buffer.alloc(0);

function join(pieces: readonly Buffer[], size: number, headerBytes: number): Buffer {
  const [only] = pieces;
  if (pieces.length === 1 && only) return only;
  const ahead = Number.isSafeInteger(headerBytes) ? -headerBytes & 7 : 0;
  const body = Buffer.from(new ArrayBuffer(ahead + size), ahead, size);
  let at = 0;
  for (const piece of pieces) at += piece.copy(body, at);
  return body;
}

/**
 * Undoes a Content-Encoding. A corrupt stream gives what could be read, as Triton's inflater does; the JSON parser
 * tells the rest.
 * @throws KServeError for unknown encodings, an empty body, and more than MAX_INPUT_BYTES
 */
export async function decompress(body: Buffer, encoding: string | undefined): Promise<Buffer> {
  if (encoding === undefined || encoding === 'identity') return body;
  if (encoding !== 'gzip' && encoding !== 'deflate') throw unsupported('Unsupported compression type');
  if (body.length === 0) throw invalidArgument('nothing to be decompressed');
  const content = await inflate(body);
  if (content.length > MAX_INPUT_BYTES)
    throw invalidArgument(
      `Decompressed data size exceeds the maximum allowed value of ${MAX_INPUT_BYTES} bytes. Use --http-max-input-size to increase the limit.`,
    );
  return content;
}

/** What can be read of one stream, whichever form it has; a little more than MAX_INPUT_BYTES at most. */
function inflate(body: Buffer): Promise<Buffer> {
  // Node's own gzip reader goes on to further members, and loses what came out when what follows is none.
  const header = gzipHeaderLength(body);
  // An early end is none that matters: what is there counts.
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
      if (size > MAX_INPUT_BYTES) finish();
    });
    inflater.on('end', finish);
    inflater.on('error', finish);
    inflater.end(header > 0 ? body.subarray(header) : body);
  });
}

/** Bytes in front of a gzip body's compressed data (RFC 1952, 2.3); 0 for what is not gzip. */
function gzipHeaderLength(body: Buffer): number {
  const [magic, second, method, flags = 0] = body;
  if (magic !== 0x1f || second !== 0x8b || method !== 8) return 0;
  let at = 10;
  if (flags & 4) at += 2 + (at + 2 <= body.length ? body.readUInt16LE(at) : 0);
  for (const text of [8, 16]) if (flags & text) at = body.indexOf(0, at) + 1 || body.length;
  return flags & 2 ? at + 2 : at;
}
