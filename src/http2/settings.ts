import { ConnectionError } from './connection-error.ts';
import { ErrorCode } from './error-code.ts';

/** What each side takes until its settings say otherwise. */
export const DEFAULT_WINDOW_BYTES = 65_535;

const ENABLE_PUSH = 2;
const INITIAL_WINDOW_SIZE = 4;
const MAX_FRAME_SIZE = 5;
const ENTRY_BYTES = 6;

/** The payload of our SETTINGS frame. @param windowBytes how much a client may send ahead on a stream */
export function makeSettings(windowBytes: number): Buffer {
  const payload = Buffer.alloc(ENTRY_BYTES);
  payload.writeUInt16BE(INITIAL_WINDOW_SIZE, 0);
  payload.writeUInt32BE(windowBytes, 2);
  return payload;
}

/**
 * Reads the payload of a client's SETTINGS frame (RFC 9113, 6.5.2).
 * @returns how much the client takes on a stream, if the frame says so; nothing else in it matters to what we send
 * @throws ConnectionError for values that are not allowed
 */
export function readSettings(payload: Buffer): number | undefined {
  if (payload.length % ENTRY_BYTES !== 0)
    throw new ConnectionError(ErrorCode.FRAME_SIZE_ERROR, 'SETTINGS has a wrong size');
  let window: number | undefined;
  for (let at = 0; at < payload.length; at += ENTRY_BYTES) {
    const id = payload.readUInt16BE(at);
    const value = payload.readUInt32BE(at + 2);
    if (id === ENABLE_PUSH && value > 1) throw refused('ENABLE_PUSH');
    if (id === MAX_FRAME_SIZE && (value < 2 ** 14 || value >= 2 ** 24)) throw refused('MAX_FRAME_SIZE');
    if (id !== INITIAL_WINDOW_SIZE) continue;
    if (value >= 2 ** 31) throw refused('INITIAL_WINDOW_SIZE', ErrorCode.FLOW_CONTROL_ERROR);
    window = value;
  }
  return window;
}

function refused(setting: string, code: number = ErrorCode.PROTOCOL_ERROR): ConnectionError {
  return new ConnectionError(code, `SETTINGS has a wrong value of ${setting}`);
}
