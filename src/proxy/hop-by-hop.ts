const HOP_BY_HOP: ReadonlySet<string> = new Set([
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
 * The fields of a message that a gateway passes on: all but those that are meant for one connection only (RFC 9110,
 * 7.6.1). Names and values in turns, as Node has them in `rawHeaders`; order, case and repetition as they came.
 */
export function endToEndFields(raw: readonly string[]): string[] {
  const kept: string[] = [];
  const named = namedByConnection(raw);
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const lower = name.toLowerCase();
    if (!HOP_BY_HOP.has(lower) && !named?.includes(lower)) kept.push(name, raw[index + 1] ?? '');
  }
  return kept;
}

/** Fields that a sender declares to be for the next hop only. */
function namedByConnection(raw: readonly string[]): string[] | undefined {
  let named: string[] | undefined;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    if (raw[index]?.length !== 10 || raw[index]?.toLowerCase() !== 'connection') continue;
    const fields = (raw[index + 1] ?? '').split(',').map((field) => field.trim().toLowerCase());
    named = [...(named ?? []), ...fields];
  }
  return named;
}
