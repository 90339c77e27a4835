/** A header field; each character is one byte. */
export interface HeaderField {
  /** In lower case. */
  readonly name: string;
  readonly value: string;
}

/** The static table (RFC 7541, appendix A): one field a line. */
const STATIC_FIELDS = `:authority
:method GET
:method POST
:path /
:path /index.html
:scheme http
:scheme https
:status 200
:status 204
:status 206
:status 304
:status 400
:status 404
:status 500
accept-charset
accept-encoding gzip, deflate
accept-language
accept-ranges
accept
access-control-allow-origin
age
allow
authorization
cache-control
content-disposition
content-encoding
content-language
content-length
content-location
content-range
content-type
cookie
date
etag
expect
expires
from
host
if-match
if-modified-since
if-none-match
if-range
if-unmodified-since
last-modified
link
location
max-forwards
proxy-authenticate
proxy-authorization
range
referer
refresh
retry-after
server
set-cookie
strict-transport-security
transfer-encoding
user-agent
vary
via
www-authenticate`;

const STATIC: readonly HeaderField[] = STATIC_FIELDS.split('\n').map((line) => {
  const [name = '', ...value] = line.split(' ');
  return { name, value: value.join(' ') };
});

/** The index of the first static field with each name. */
export const STATIC_INDEX: ReadonlyMap<string, number> = new Map(
  STATIC.map(({ name }, index) => [name, index + 1] as const).reverse(),
);

/** What a field occupies beside its name and value (RFC 7541, 4.1). */
const ENTRY_BYTES = 32;
const DEFAULT_BYTES = 4_096;

/** The fields that a header block refers to by number: static ones first, then those of earlier blocks, newest first. */
export class HeaderTable {
  /** Oldest first; those before `#start` have been evicted. */
  #entries: HeaderField[] = [];
  #start = 0;
  #bytes = 0;
  #maxBytes = DEFAULT_BYTES;
  #version = 0;
  readonly #mostBytes: number;

  /** @param mostBytes how large the sender may make it */
  constructor(mostBytes: number = DEFAULT_BYTES) {
    this.#mostBytes = mostBytes;
  }

  /** Another number after every change. */
  get version(): number {
    return this.#version;
  }

  /** @throws Error if no field has this number */
  get(index: number): HeaderField {
    const position = this.#entries.length - 1 - (index - STATIC.length - 1);
    const field =
      index <= STATIC.length
        ? STATIC[index - 1]
        : position >= this.#start
          ? this.#entries[position]
          : undefined;
    if (!field) throw new Error(`no header field has number ${index}`);
    return field;
  }

  add(field: HeaderField): void {
    this.#version += 1;
    this.#bytes += sizeOf(field);
    this.#entries.push(field);
    this.#evict();
  }

  /** @throws Error if it is too large */
  resize(bytes: number): void {
    if (bytes > this.#mostBytes) throw new Error(`a header table of ${bytes} bytes`);
    this.#version += 1;
    this.#maxBytes = bytes;
    this.#evict();
  }

  #evict(): void {
    while (this.#bytes > this.#maxBytes) {
      this.#bytes -= sizeOf(this.#entries[this.#start] as HeaderField);
      this.#start += 1;
    }
    if (this.#start > 64) {
      this.#entries = this.#entries.slice(this.#start);
      this.#start = 0;
    }
  }
}

function sizeOf({ name, value }: HeaderField): number {
  return name.length + value.length + ENTRY_BYTES;
}
