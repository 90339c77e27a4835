/** Where JavaScript's expressions differ from those of RE2, which Triton uses. */
const NOT_THE_SAME = /\\[AzQEpPC1-9]|\(\?<?[=!]|\[\[:/;

/**
 * Reads `--http-header-forward-pattern` or `--grpc-header-forward-pattern`. It may match any part of a name, whatever the
 * case, unless it begins with `(?-i)`.
 * @returns undefined if it is no expression that RE2 and JavaScript read alike
 */
export function readHeaderPattern(text: string): RegExp | undefined {
  if (NOT_THE_SAME.test(text)) return undefined;
  const [, caseFlag, rest = ''] = /^(?:\(\?(-?i)\))?([\s\S]*)$/.exec(text) ?? [];
  try {
    return new RegExp(rest.replaceAll('(?P<', '(?<'), caseFlag === '-i' ? '' : 'i');
  } catch {
    return undefined;
  }
}

/**
 * The header fields whose names match. A model gets them as parameters, over those of the request with the same names. If
 * a field is repeated, the last one counts.
 * @param fields names and values in turns, as Node lists them
 */
export function forwardedHeaders(pattern: RegExp, fields: readonly string[]): ReadonlyMap<string, string> {
  const forwarded = new Map<string, string>();
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const name = fields[index] ?? '';
    // Node reads the bytes of a field as Latin-1; Python models read them as UTF-8.
    if (pattern.test(name)) forwarded.set(name, Buffer.from(fields[index + 1] ?? '', 'latin1').toString());
  }
  return forwarded;
}
