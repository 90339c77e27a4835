import type { IncomingMessage, ServerResponse } from 'node:http';
import { invalidArgument } from '../../kserve/index.ts';
import type { HeldBytes } from '../held-bytes.ts';

/** Triton reads Content-Length into an int32; a chunked body may not be larger either. */
const MAX_BODY_BYTES = 2 ** 31 - 1;
const MAX_CHUNKS = 65_536;
/** Bodies up to this size are not counted: the number of connections limits them. */
const SMALL_BYTES = 64 * 1024;

/** What a request may send, and how much of it is stored. */
export interface BodyRules {
  /** Maximum bytes of JSON before the first tensor, whatever the client declares. */
  readonly headerBytes: number;
  /** A larger body is read to its end and discarded. */
  readonly keepBytes: number;
  readonly held: HeldBytes;
}

export interface RequestBody {
  /** Empty if the body was larger than what is stored. */
  readonly content: Buffer;
  readonly length: number;
}

const EMPTY: RequestBody = { content: Buffer.alloc(0), length: 0 };

/**
 * Collects a body. A body that arrives in one piece is not copied; otherwise the first tensor is aligned for every
 * datatype. Its bytes count as held until the response is closed.
 * @throws KServeError if it is too large, has too many chunks, or too much is held already; the rest of it is discarded
 */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  { headerBytes, keepBytes, held }: BodyRules,
): Promise<RequestBody> {
  const declared = request.headers['content-length'];
  if (declared === undefined && request.headers['transfer-encoding'] === undefined)
    return Promise.resolve(EMPTY);
  return new Promise((resolve, reject) => {
    const collected = new CollectedBody(declared === undefined ? undefined : Number(declared), headerBytes);
    let counted = 0;
    const refuse = (error: unknown) => {
      collected.drop();
      request.removeAllListeners('data');
      request.resume();
      reject(error);
    };
    if (Number(declared) > MAX_BODY_BYTES) {
      refuse(invalidArgument(`Unable to parse Content-Length, got: ${declared}`));
      return;
    }
    request.on('data', (piece: Buffer) => {
      try {
        if (declared === undefined) refuseEndless(collected.length + piece.length, collected.pieces + 1);
        if (collected.length + piece.length > keepBytes) collected.drop();
        else if (collected.length + piece.length > SMALL_BYTES) {
          const bytes = collected.length + piece.length - counted;
          held.add(bytes);
          if (counted === 0) response.once('close', () => held.release(counted));
          counted += bytes;
        }
        collected.add(piece);
      } catch (error) {
        refuse(error);
      }
    });
    request.on('end', () => resolve({ content: collected.join(), length: collected.length }));
    request.on('error', reject);
    request.on('close', () => reject(new Error('the client went away')));
  });
}

function refuseEndless(bytes: number, chunks: number): void {
  if (chunks > MAX_CHUNKS)
    throw invalidArgument(
      `Chunked request body exceeds maximum of ${MAX_CHUNKS} non-empty chunks. Send fewer or larger HTTP chunks.`,
    );
  if (bytes > MAX_BODY_BYTES) throw invalidArgument(`Unable to parse Content-Length, got: ${bytes}`);
}

/**
 * The pieces of a body in one buffer, so that a body of known length is never held twice. Space that is not written to
 * uses no memory.
 */
class CollectedBody {
  readonly #declared: number | undefined;
  readonly #ahead: number;
  #whole: Buffer | undefined;
  #first: Buffer | undefined;
  #dropped = false;
  pieces = 0;
  length = 0;

  constructor(declared: number | undefined, headerBytes: number) {
    this.#declared = declared;
    this.#ahead = Number.isSafeInteger(headerBytes) ? -headerBytes & 7 : 0;
  }

  add(piece: Buffer): void {
    if (!this.#dropped) {
      // Allocates when the second piece arrives, because most bodies have only one.
      const needed = this.length + piece.length;
      if (this.#first && needed > (this.#whole?.length ?? 0)) this.#moveTo(this.#declared ?? 2 * needed);
      if (this.#whole) piece.copy(this.#whole, this.length);
      else this.#first = piece;
    }
    this.pieces += 1;
    this.length += piece.length;
  }

  /** From now on, bytes are only counted. */
  drop(): void {
    this.#dropped = true;
    this.#whole = undefined;
    this.#first = undefined;
  }

  join(): Buffer {
    return this.#whole?.subarray(0, this.length) ?? this.#first ?? EMPTY.content;
  }

  #moveTo(size: number): void {
    const whole = Buffer.from(new ArrayBuffer(this.#ahead + size), this.#ahead, size);
    (this.#whole ?? this.#first)?.copy(whole, 0, 0, this.length);
    this.#whole = whole;
  }
}
