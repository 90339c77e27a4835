import { connectionOptions, HOP_BY_HOP } from '../hop-by-hop.ts';

/** A request whose form leaves no doubt where it ends. */
export interface RequestHead {
  readonly method: string;
  readonly target: string;
  /** Bytes up to and with the empty line. */
  readonly length: number;
  readonly bodyLength: number;
  readonly keepsAlive: boolean;
  /** Whether a web page may have sent it. */
  readonly hasOrigin: boolean;
  /** The fields to pass on as they were written, each with its line end; without `Host`. */
  readonly fields: string;
}

/** Where an answer's body ends: after so many bytes, by its chunks, or with the connection. */
export type BodyFraming = number | 'chunked' | 'close';

export interface AnswerHead {
  readonly status: number;
  readonly length: number;
  readonly framing: BodyFraming;
  readonly keepsAlive: boolean;
  /** Status line and fields to pass on, each with its line end. */
  readonly lines: string;
}

const FIELD = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+:[\\t\\x20-\\x7e\\x80-\\xff]*\\r\\n";
const REQUEST = new RegExp(`^(GET|HEAD|POST) (/[\\x21-\\x7e]*) HTTP/1\\.1\\r\\n(?:${FIELD})+\\r\\n$`);
const ANSWER = new RegExp(
  `^HTTP/1\\.([01]) ([1-9]\\d\\d)(?: [\\t\\x20-\\x7e\\x80-\\xff]*)?\\r\\n(?:${FIELD})*\\r\\n$`,
);
const LENGTH = /^\d{1,15}$/;
/** Hop-by-hop fields that are left out without a thought; a request with any other is for the full parser. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
]);

/**
 * Reads the head of a plain request (RFC 9112): GET, HEAD or POST with at most one Content-Length. Undefined for all
 * else, be it incomplete, malformed or merely rare: a full parser is to judge that.
 */
export function scanRequest(
  bytes: Buffer,
  overruled: ReadonlySet<string>,
  most: number,
): RequestHead | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0 || end > most) return undefined;
  const length = end + 4;
  const text = bytes.toString('latin1', 0, length);
  const [, method, target] = REQUEST.exec(text) ?? [];
  if (method === undefined || target === undefined) return undefined;
  let fields = '';
  let hosts = 0;
  let bodyLength: number | undefined;
  let keepsAlive = true;
  let hasOrigin = false;
  for (const [name, value, line] of fieldsOf(text)) {
    if (name === 'host') hosts += 1;
    else if (name === 'connection') {
      const option = value.toLowerCase();
      if (option === 'close') keepsAlive = false;
      else if (option !== 'keep-alive') return undefined;
    } else if (HOP_BY_HOP.has(name)) {
      if (!LEFT_OUT.has(name)) return undefined;
    } else {
      if (name === 'origin') hasOrigin = true;
      if (name === 'content-length') {
        if (bodyLength !== undefined || !LENGTH.test(value)) return undefined;
        bodyLength = Number(value);
        fields += line;
      } else if (!overruled.has(name)) fields += line;
    }
  }
  if (hosts !== 1) return undefined;
  if (bodyLength === undefined && method === 'POST') fields += 'Content-Length: 0\r\n';
  return { method, target, length, bodyLength: bodyLength ?? 0, keepsAlive, hasOrigin, fields };
}

/** Reads the head of an answer; undefined until it is whole. @throws Error where it is malformed or ambiguous */
export function scanAnswer(bytes: Buffer, most: number): AnswerHead | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0 && bytes.length <= most) return undefined;
  const length = end + 4;
  const text = bytes.toString('latin1', 0, length);
  const [, minor, code] = end < 0 ? [] : (ANSWER.exec(text) ?? []);
  if (code === undefined) throw new Error('its answer is not HTTP/1.1');
  const kept: [string, string][] = [];
  const named = new Set<string>();
  let framing: BodyFraming = 'close';
  for (const [name, value, line] of fieldsOf(text)) {
    if (name === 'connection') {
      for (const option of connectionOptions(value)) named.add(option);
    } else if (name === 'content-length' || name === 'transfer-encoding') {
      const isLength = name === 'content-length';
      const isPlain = isLength ? LENGTH.test(value) : value.toLowerCase() === 'chunked' && minor === '1';
      if (framing !== 'close' || !isPlain) throw new Error('the end of its answer is ambiguous');
      framing = isLength ? Number(value) : 'chunked';
      kept.push(['', line]);
    } else if (!HOP_BY_HOP.has(name) || name === 'trailer') kept.push([name, line]);
  }
  let lines = `HTTP/1.1${text.slice(8, text.indexOf('\r\n') + 2)}`;
  for (const [name, line] of kept) if (!named.has(name)) lines += line;
  return { status: Number(code), length, framing, keepsAlive: minor === '1' && !named.has('close'), lines };
}

/** Name in lower case, value without spaces around it, and the whole line. */
function* fieldsOf(text: string): Generator<[string, string, string]> {
  let at = text.indexOf('\r\n') + 2;
  while (at < text.length - 2) {
    const next = text.indexOf('\r\n', at) + 2;
    const colon = text.indexOf(':', at);
    yield [text.slice(at, colon).toLowerCase(), text.slice(colon + 1, next - 2).trim(), text.slice(at, next)];
    at = next;
  }
}
