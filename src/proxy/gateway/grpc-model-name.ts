import type { ServerHttp2Stream } from 'node:http2';

/** A message starts with a byte for its compression and four for its length. */
const PREFIX_BYTES = 5;
/** What stands in front of the name is one other name at most. */
const MOST_READ_BYTES = 64 * 1024;
const REPOSITORY_NAME = 0x0a;
const MODEL_NAME = 0x12;

/**
 * The `model_name` (field 2) of the call's first message, a RepositoryModelLoad or -UnloadRequest; what was read for
 * it is put back. Undefined where it does not stand in front, as every writer of protocol buffers puts it.
 */
export async function readModelName(call: ServerHttp2Stream): Promise<string | undefined> {
  let read = Buffer.alloc(0);
  for (;;) {
    const found = nameIn(read);
    if (found !== 'more' || read.length > MOST_READ_BYTES) {
      if (read.length > 0) call.unshift(read);
      return found === 'more' ? undefined : found;
    }
    const chunk = (call.read() as Buffer | null) ?? (await nextChunk(call));
    if (chunk === undefined) {
      if (read.length > 0) call.unshift(read);
      return undefined;
    }
    read = Buffer.concat([read, chunk]);
  }
}

function nextChunk(call: ServerHttp2Stream): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const settle = () => {
      for (const event of ['readable', 'end', 'close', 'error']) call.off(event, settle);
      resolve((call.read() as Buffer | null) ?? undefined);
    };
    for (const event of ['readable', 'end', 'close', 'error']) call.once(event, settle);
  });
}

function nameIn(message: Buffer): string | 'more' | undefined {
  if (message.length < PREFIX_BYTES) return 'more';
  // A compressed message cannot be read in passing.
  if (message[0] !== 0) return undefined;
  let at = PREFIX_BYTES;
  for (;;) {
    const tag = message[at];
    if (tag === undefined) return at >= PREFIX_BYTES + message.readUInt32BE(1) ? undefined : 'more';
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
