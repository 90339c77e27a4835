// Http2: frames, header blocks, and the server's side of a connection, written for the traffic of gRPC: many short
// calls. It knows RFC 9113 and RFC 7541; it refuses to know what a call means.
export { ErrorCode } from './error-code.ts';
export {
  contentOf,
  Flag,
  type FrameHead,
  FrameType,
  HEAD_BYTES,
  makeHeaders,
  makeReset,
  makeWindowUpdate,
  PREFACE,
  readHead,
} from './frame.ts';
export { encodeHeaders, HeaderDecoder } from './header-block.ts';
export type { HeaderField } from './header-table.ts';
export type { RequestFields } from './request-fields.ts';
export { ServerConnection, type ServerConnectionOptions } from './server-connection.ts';
export type { ServerStream, StreamHandler } from './server-stream.ts';
