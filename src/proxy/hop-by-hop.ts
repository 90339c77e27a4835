/** Fields that concern a single connection and are never forwarded (RFC 9110, 7.6.1); names in lower case. */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * The fields of a message that a proxy forwards: alternating names and values, as in Node's `rawHeaders`. Order, case
 * and repetition are kept.
 */
export function endToEndFields(raw: readonly string[]): string[] {
  const kept: string[] = [];
  const named = namedByConnection(raw);
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const lower = name.toLowerCase();
    if (!HOP_BY_HOP.has(lower) && !named.has(lower)) kept.push(name, raw[index + 1] ?? '');
  }
  return kept;
}

/** The fields that a `Connection` field declares hop-by-hop, except those that frame or route the message. */
export function connectionOptions(value: string): string[] {
  return value
    .toLowerCase()
    .split(',')
    .map((option) => option.trim())
    .filter((option) => !END_TO_END.has(option));
}

/** Fields that a sender may not have removed: without them the message would end, or be routed, differently. */
const END_TO_END: ReadonlySet<string> = new Set([
  'content-length',
  'content-encoding',
  'content-type',
  'host',
]);

function namedByConnection(raw: readonly string[]): ReadonlySet<string> {
  const named = new Set<string>();
  for (let index = 0; index + 1 < raw.length; index += 2) {
    // Comparing lengths first is cheap: few messages have more than one such field, and few names have its length.
    if (raw[index]?.length !== 10 || raw[index]?.toLowerCase() !== 'connection') continue;
    for (const option of connectionOptions(raw[index + 1] ?? '')) named.add(option);
  }
  return named;
}
