/** The header fields that the service itself reads; the script gets all fields unchanged. */
export interface RequestFields {
  readonly requestId: string | undefined;
  readonly msRequestId: string | undefined;
  readonly msClientRequestId: string | undefined;
  readonly traceId: string | undefined;
  readonly authorization: string | undefined;
  readonly upgrade: string | undefined;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly contentLength: string | undefined;
  readonly transferEncoding: string | undefined;
  readonly contentType: string | undefined;
  /** The name, in capitals, of a repeated field that must be single. */
  readonly repeated: string | undefined;
  /** Why gunicorn would refuse these headers, in its words; undefined if it would not. */
  readonly excess: string | undefined;
}

/** gunicorn's defaults (`limit_request_fields`, `limit_request_field_size`); a field includes its line end. */
export const MAX_FIELDS = 100;
export const MAX_FIELD_BYTES = 8190;

/**
 * Reads the fields in one pass over Node's flat list of names and values, which is cheaper than its header object.
 * The values of a repeated field are joined with a comma, as gunicorn passes them on (measured on the real server).
 */
export function readFields(raw: readonly string[]): RequestFields {
  const fields: { -readonly [Field in keyof RequestFields]: string | undefined } = {
    requestId: undefined,
    msRequestId: undefined,
    msClientRequestId: undefined,
    traceId: undefined,
    authorization: undefined,
    upgrade: undefined,
    host: undefined,
    origin: undefined,
    contentLength: undefined,
    transferEncoding: undefined,
    contentType: undefined,
    repeated: undefined,
    excess: raw.length > 2 * MAX_FIELDS ? 'limit request headers fields' : undefined,
  };
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const value = raw[index + 1] ?? '';
    if (name.length + value.length + LINE_OVERHEAD > MAX_FIELD_BYTES)
      fields.excess ??= 'limit request headers fields size';
    const field = fieldNamed(name);
    if (!field) continue;
    const before = fields[field];
    if (before !== undefined && (field === 'host' || field === 'contentType'))
      fields.repeated ??= name.toUpperCase();
    fields[field] = before === undefined ? value : `${before},${value}`;
  }
  return fields;
}

/** `: ` and the line end. */
const LINE_OVERHEAD = 4;

/** Compares the length first, so that most names need no lower-casing. */
function fieldNamed(name: string): Exclude<keyof RequestFields, 'excess' | 'repeated'> | undefined {
  switch (name.length) {
    case 4:
      return name.toLowerCase() === 'host' ? 'host' : undefined;
    case 6:
      return name.toLowerCase() === 'origin' ? 'origin' : undefined;
    case 7: {
      const lower = name.toLowerCase();
      if (lower === 'traceid') return 'traceId';
      return lower === 'upgrade' ? 'upgrade' : undefined;
    }
    case 12: {
      const lower = name.toLowerCase();
      if (lower === 'x-request-id') return 'requestId';
      return lower === 'content-type' ? 'contentType' : undefined;
    }
    case 13:
      return name.toLowerCase() === 'authorization' ? 'authorization' : undefined;
    case 14:
      return name.toLowerCase() === 'content-length' ? 'contentLength' : undefined;
    case 15:
      return name.toLowerCase() === 'x-ms-request-id' ? 'msRequestId' : undefined;
    case 17:
      return name.toLowerCase() === 'transfer-encoding' ? 'transferEncoding' : undefined;
    case 22:
      return name.toLowerCase() === 'x-ms-client-request-id' ? 'msClientRequestId' : undefined;
    default:
      return undefined;
  }
}
