import type { HeaderField } from '../../http2/index.ts';
import { forwardedHeaders } from '../forwarded-headers.ts';
import { cString } from './c-string.ts';

/** Fields that gRPC's own library keeps to itself. */
const OF_THE_LIBRARY: ReadonlySet<string> = new Set([
  'te',
  'content-type',
  'host',
  'grpc-timeout',
  'grpc-encoding',
  'grpc-accept-encoding',
]);

/**
 * The metadata of a call whose names match, as parameters for a model. Values of `-bin` fields are decoded; as in Triton,
 * each ends at its first NUL.
 */
export function forwardedMetadata(
  pattern: RegExp,
  fields: readonly HeaderField[],
): ReadonlyMap<string, string> {
  const metadata = fields
    .filter(({ name }) => !name.startsWith(':') && !OF_THE_LIBRARY.has(name))
    .map(({ name, value }) => [name, cString(decoded(name, value))] as const);
  return forwardedHeaders(pattern, metadata);
}

function decoded(name: string, value: string): string {
  return name.endsWith('-bin') ? Buffer.from(value, 'base64').toString('latin1') : value;
}
