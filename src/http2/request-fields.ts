import type { HeaderField } from './header-table.ts';

/** The header fields of a request by their names in lower case; equal ones are joined by `, `. */
export type RequestFields = Readonly<Record<string, string | undefined>>;

/** The most that names and values may take, 32 bytes for each field included. */
const MOST_BYTES = 64 * 1024;
const PSEUDO = new Set([':method', ':scheme', ':path', ':authority']);
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const WRONG_VALUE = /[\0\r\n]/;
/** Fields that are for one connection of HTTP/1.1. */
const FORBIDDEN = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade']);

/** Reads the fields of a request (RFC 9113, 8.2 and 8.3). Returns undefined if they are malformed. */
export function readRequestFields(given: readonly HeaderField[]): RequestFields | undefined {
  const fields: Record<string, string> = Object.create(null);
  let bytes = 0;
  let mayBePseudo = true;
  for (const { name, value } of given) {
    bytes += name.length + value.length + 32;
    const before = fields[name];
    if (name.startsWith(':')) {
      if (!mayBePseudo || before !== undefined || !PSEUDO.has(name)) return undefined;
    } else {
      mayBePseudo = false;
      if (!NAME.test(name) || FORBIDDEN.has(name)) return undefined;
    }
    if (bytes > MOST_BYTES || WRONG_VALUE.test(value)) return undefined;
    fields[name] = before === undefined ? value : `${before}, ${value}`;
  }
  return fields[':method'] && fields[':scheme'] && fields[':path'] ? fields : undefined;
}
