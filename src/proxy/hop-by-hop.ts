/** Fields that concern one connection only and are never passed on (RFC 9110, 7.6.1); names in lower case. */
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
 * The fields of a message that a proxy passes on. Names and values in turns, as Node has them in `rawHeaders`; order,
 * case and repetition as they came.
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

/** Fields that a `Connection` field declares to be for the next hop only; never those that frame or route a message. */
export function connectionOptions(value: string): string[] {
  return value
    .toLowerCase()
    .split(',')
    .map((option) => option.trim())
    .filter((option) => !END_TO_END.has(option));
}

/** What a sender may not have removed: without these a message ends, or goes, somewhere else. */
const END_TO_END: ReadonlySet<string> = new Set([
  'content-length',
  'content-encoding',
  'content-type',
  'host',
]);

function namedByConnection(raw: readonly string[]): ReadonlySet<string> {
  const named = new Set<string>();
  for (let index = 0; index + 1 < raw.length; index += 2) {
    // Nearly every message has at most one, and nearly every name another length.
    if (raw[index]?.length !== 10 || raw[index]?.toLowerCase() !== 'connection') continue;
    for (const option of connectionOptions(raw[index + 1] ?? '')) named.add(option);
  }
  return named;
}
