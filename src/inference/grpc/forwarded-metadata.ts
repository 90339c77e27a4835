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
 * @param fields names and values in turns, as Node lists them
 */
export function forwardedMetadata(pattern: RegExp, fields: readonly string[]): ReadonlyMap<string, string> {
  const metadata: string[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [name = '', value = ''] = fields.slice(index, index + 2);
    if (name.startsWith(':') || OF_THE_LIBRARY.has(name)) continue;
    metadata.push(
      name,
      cString(name.endsWith('-bin') ? Buffer.from(value, 'base64').toString('latin1') : value),
    );
  }
  return forwardedHeaders(pattern, metadata);
}
