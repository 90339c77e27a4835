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
 */
export function forwardedHeaders(
  pattern: RegExp,
  fields: Iterable<readonly [name: string, value: string]>,
): ReadonlyMap<string, string> {
  const forwarded = new Map<string, string>();
  // The bytes of a field are read as Latin-1; Python models read them as UTF-8.
  for (const [name, value] of fields)
    if (pattern.test(name)) forwarded.set(name, Buffer.from(value, 'latin1').toString());
  return forwarded;
}
