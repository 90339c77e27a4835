// Parsers of setting values. Each takes the raw value (the text of a flag or variable, or what YAML made of a key) and
// throws a sentence that says what is valid, to which the caller adds the setting's name and the value.
import { closestName, userError } from '../base/index.ts';
import { PROFILE_LIMITS, type ProfileLimits } from './choices.ts';

const invalid = (requirement: string, hint?: string) =>
  userError('CONFIG_INVALID', requirement, { ...(hint && { hint }) });

export function text(raw: unknown): string {
  if (typeof raw !== 'string' || raw.trim() === '') throw invalid('must be a text');
  return raw;
}

export function oneOf<Choice extends string>(choices: readonly Choice[]): (raw: unknown) => Choice {
  return (raw) => {
    // YAML reads 2021 as a number.
    const given = typeof raw === 'number' ? String(raw) : raw;
    const found = choices.find((choice) => choice === given);
    if (found) return found;
    const similar = typeof given === 'string' ? closestName(given, choices) : undefined;
    throw invalid(`must be one of ${choices.join(', ')}`, similar && `did you mean ${similar}?`);
  };
}

export function wholeNumber(least: number, most: number): (raw: unknown) => number {
  return (raw) => {
    const value = typeof raw === 'string' && /^\d+$/.test(raw) ? Number(raw) : raw;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most)
      throw invalid(`must be a whole number from ${least} to ${most}`);
    return value;
  };
}

export const port = wholeNumber(0, 65_535);

/** Seconds as users write them, in milliseconds. */
export function seconds(raw: unknown): number {
  const value = typeof raw === 'string' && /^\d+(\.\d+)?$/.test(raw) ? Number(raw) : raw;
  if (typeof value !== 'number' || !(value > 0) || value > 86_400)
    throw invalid('must be a number of seconds above 0 and at most 86400');
  return value * 1000;
}

const AGE_UNITS_MS: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** An age such as `30d`, `12h` or `90m`, in milliseconds. */
export function age(raw: unknown): number {
  const [, count, unit = ''] = (typeof raw === 'string' && /^(\d{1,5})([mhdw])$/.exec(raw)) || [];
  if (count === undefined) throw invalid('must be an age such as 30d, 12h or 90m');
  return Number(count) * (AGE_UNITS_MS[unit] ?? 0);
}

/** The name of an emulator, which becomes part of a file's name. */
export function instanceName(raw: unknown): string {
  if (typeof raw === 'string' && /^\w[\w.-]{0,39}$/.test(raw)) return raw;
  throw invalid('takes up to 40 letters, digits, ".", "_" and "-"');
}

export function yesOrNo(raw: unknown): boolean {
  if (typeof raw === 'boolean') return raw;
  if (raw === 'true' || raw === '1') return true;
  if (raw === 'false' || raw === '0') return false;
  throw invalid('must be true or false');
}

/** `all`, `none`, or device numbers with commas, without the spaces between them. */
export function gpus(raw: unknown): string {
  const value = (Array.isArray(raw) ? raw.join(',') : String(raw)).replace(/\s+/g, '');
  if (!/^(?:all|none|\d+(?:,\d+)*)$/.test(value))
    throw invalid('must be all, none, or device numbers such as 0,1');
  return value;
}

/** A host name or address. An IPv6 address may stand in brackets, as in URLs; it comes back without them. */
export function host(raw: unknown): string {
  const value = text(raw).trim();
  return /^\[.*\]$/.test(value) ? value.slice(1, -1) : value;
}

/** No trailing slash. */
export function httpUrl(raw: unknown): string {
  const url = typeof raw === 'string' && URL.canParse(raw) ? new URL(raw) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '')
    throw invalid('must be a URL such as http://gpu-box:8000');
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

/** `HOST:PORT`, the same behind `grpc://`, or `grpcs://` for TLS. */
export function grpcUrl(raw: unknown): string {
  const address = String(raw).replace(/^(?!grpcs?:\/\/)/, 'grpc://');
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || url.port === '' || url.username !== '' || !/^\/?$/.test(url.pathname))
    throw invalid('must be a URL such as grpc://gpu-box:8001');
  return `${url.protocol}//${url.host}`;
}

/**
 * Header fields as `NAME=VALUE` texts or as a YAML mapping. In a variable each line is a field, since values may hold
 * commas. Errors do not show the value, which may be a key.
 */
export function headers(raw: unknown): Readonly<Record<string, string>> {
  const pairs = isMapping(raw)
    ? Object.entries(raw).map(([name, value]) => [name, String(value)])
    : (Array.isArray(raw) ? raw : String(raw).trim().split(/\r?\n/)).map((pair) => {
        const at = String(pair).indexOf('=');
        return [String(pair).slice(0, Math.max(at, 0)), String(pair).slice(at + 1)];
      });
  for (const [name = '', value = ''] of pairs) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
      throw invalid('must be of the form NAME=VALUE');
  }
  return Object.freeze(Object.fromEntries(pairs));
}

/** Limits as `NAME=NUMBER` texts or as a YAML mapping. */
export function limits(raw: unknown): ProfileLimits {
  const positive = wholeNumber(1, 86_400_000);
  const known: readonly string[] = PROFILE_LIMITS;
  return Object.freeze(
    Object.fromEntries(
      Object.entries(variables(raw)).map(([name, value]) => {
        if (known.includes(name)) return [name, positive(value)];
        const similar = closestName(name, known);
        throw invalid(`knows ${known.join(', ')}`, similar && `did you mean ${similar}?`);
      }),
    ),
  );
}

/** `NAME=VALUE` texts as flags give them, one text with commas as a variable gives them, or a YAML mapping. */
export function variables(raw: unknown): Readonly<Record<string, string>> {
  if (isMapping(raw)) {
    return Object.freeze(
      Object.fromEntries(Object.entries(raw).map(([name, value]) => [name, String(value)])),
    );
  }
  const pairs = Array.isArray(raw) ? raw : typeof raw === 'string' ? raw.split(',') : [];
  return Object.freeze(
    Object.fromEntries(
      pairs.map((pair) => {
        const match = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(String(pair));
        if (!match) throw invalid('must be of the form NAME=VALUE');
        return [match[1], match[2]];
      }),
    ),
  );
}

function isMapping(raw: unknown): raw is Record<string, unknown> {
  return raw !== null && typeof raw === 'object' && !Array.isArray(raw);
}
