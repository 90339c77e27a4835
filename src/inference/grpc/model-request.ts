import { cString } from './c-string.ts';
import { readModelVersion } from './model-version.ts';
import { decodeMessage } from './service-proto.ts';

/** The model that a call is about. */
export interface ModelRequest {
  readonly name: string;
  /** Undefined for the newest. */
  readonly version: string | undefined;
}

/** @throws GrpcError, KServeError for a version that is no number */
export function readModelRequest(request: Buffer): ModelRequest {
  const given = decodeMessage<{ readonly name: string; readonly version: string }>('ModelRequest', request);
  return { name: cString(given.name), version: readModelVersion(given.version) };
}
