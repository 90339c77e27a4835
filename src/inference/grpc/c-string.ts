/** Triton passes most texts as C strings, which end at a NUL. */
export function cString(text: string): string {
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
