import { constants, unzipSync } from 'node:zlib';

/** A message starts with one byte for its compression and four for its length. */
const PREFIX_BYTES = 5;
/** At most one other name precedes the model's name. */
export const MOST_READ_BYTES = 64 * 1024;
/** Of a compressed message; enough for both names. */
const MOST_COMPRESSED_BYTES = 4 * 1024;
const REPOSITORY_NAME = 0x0a;
const MODEL_NAME = 0x12;

/**
 * The first message of a call, which starts with these bytes; undefined if it is not complete. As in gRPC's own library, one
 * with an unknown flag counts as empty.
 */
export function firstMessage(call: Buffer): { isCompressed: boolean; bytes: Buffer } | undefined {
  if (call.length < PREFIX_BYTES) return undefined;
  if ((call[0] ?? 0) > 1) return { isCompressed: false, bytes: Buffer.alloc(0) };
  const end = PREFIX_BYTES + call.readUInt32BE(1);
  if (call.length < end) return undefined;
  return { isCompressed: call[0] === 1, bytes: call.subarray(PREFIX_BYTES, end) };
}

/**
 * Reads the `model_name` (field 2) of a RepositoryModelLoadRequest or RepositoryModelUnloadRequest, whose first bytes
 * these are. `more` if it may be in what follows; undefined if it is not among the first fields, where every
 * implementation of protocol buffers writes it.
 */
export function readModelName(call: Buffer): string | 'more' | undefined {
  const found = nameIn(call);
  return found === 'more' && call.length > MOST_READ_BYTES ? undefined : found;
}

function nameIn(call: Buffer): string | 'more' | undefined {
  if (call.length < PREFIX_BYTES) return 'more';
  const messageBytes = call.readUInt32BE(1);
  const part = call.subarray(PREFIX_BYTES, PREFIX_BYTES + messageBytes);
  const isComplete = part.length === messageBytes;
  const message = call[0] === 0 ? part : decompressed(part);
  if (!message) return isComplete ? undefined : 'more';
  const name = nameInMessage(message);
  return name === 'more' && isComplete ? undefined : name;
}

/** What the start of a message holds that is compressed with gzip or deflate; undefined if it cannot be read. */
function decompressed(bytes: Buffer): Buffer | undefined {
  try {
    return unzipSync(bytes.subarray(0, MOST_COMPRESSED_BYTES), { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return undefined;
  }
}

/** `more` if the message ends before the name does. */
function nameInMessage(message: Buffer): string | 'more' | undefined {
  let at = 0;
  for (;;) {
    const tag = message[at];
    if (tag === undefined) return 'more';
    if (tag !== REPOSITORY_NAME && tag !== MODEL_NAME) return undefined;
    let length = 0;
    let shift = 0;
    let byte: number | undefined;
    do {
      at += 1;
      byte = message[at];
      if (byte === undefined) return 'more';
      length += (byte & 0x7f) << shift;
      shift += 7;
    } while (byte & 0x80 && shift < 28);
    const start = at + 1;
    at = start + length;
    if (message.length < at) return 'more';
    if (tag === MODEL_NAME) return message.toString('utf8', start, at);
  }
}
