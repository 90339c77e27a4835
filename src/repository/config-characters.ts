/** Characters that look like others or are invisible, with their names. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['\u00A0', 'a no-break space'],
  ['\u0085', 'a next-line character'],
  ['\u00AD', 'a soft hyphen'],
  ['\u180E', 'a Mongolian vowel separator'],
  ['\u200B', 'a zero-width space'],
  ['\u200C', 'a zero-width non-joiner'],
  ['\u200D', 'a zero-width joiner'],
  ['\u200E', 'a left-to-right mark'],
  ['\u200F', 'a right-to-left mark'],
  ['\u2018', 'a curly quote'],
  ['\u2019', 'a curly quote'],
  ['\u201C', 'a curly quote'],
  ['\u201D', 'a curly quote'],
  ['\u00AB', 'a quotation mark'],
  ['\u00BB', 'a quotation mark'],
  ['\u2010', 'a hyphen'],
  ['\u2011', 'a no-break hyphen'],
  ['\u2012', 'a dash'],
  ['\u2013', 'a dash'],
  ['\u2014', 'a dash'],
  ['\u2028', 'a line separator'],
  ['\u2029', 'a paragraph separator'],
  ['\u202A', 'an embedding mark'],
  ['\u202F', 'a narrow no-break space'],
  ['\u2060', 'a word joiner'],
  ['\u2212', 'a minus sign'],
  ['\u3000', 'an ideographic space'],
  ['\uFEFF', 'a byte order mark'],
  ['\uFF1A', 'a full-width colon'],
  ['\u0000', 'a NUL byte'],
  ['\uFFFD', 'a byte that is not UTF-8'],
]);

/** What to write instead of each kind of character. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/[\uFEFF]/u, 'save the file as UTF-8 without a byte order mark'],
  [/[\u2018\u2019\u201C\u201D\u00AB\u00BB]/u, 'write straight quotes: "'],
  [/[\u2010-\u2014\u2212]/u, 'write a hyphen: -'],
  [/[\uFF1A]/u, 'write a plain colon: :'],
  [/[\p{Zs}\u0085\u2028\u2029]/u, 'write a plain space or a new line'],
  [/[\p{Cf}]/u, 'delete it'],
  [/[\p{Cc}\uFFFD]/u, 'save the file as UTF-8'],
];

/**
 * Reports a character that is only allowed in comments and quotes, with its code point, since it is often invisible.
 */
export function describeCharacter(character: string): { readonly message: string; readonly hint: string } {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const name = NAMES.get(character) ?? 'a character';
  const visible = /[\p{L}\p{N}\p{P}\p{S}]/u.test(character) ? ` '${character}'` : '';
  const hint = REMEDIES.find(([pattern]) => pattern.test(character))?.[1];
  const message = `${name}${visible} (U+${code}) has no meaning here`;
  return { message, hint: hint ?? 'only comments and text in quotes may contain characters beyond ASCII' };
}
