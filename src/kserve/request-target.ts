/** The path of a request target, which may be a full URL, without the query. */
export function pathOf(target: string): string {
  const start = target.startsWith('/') ? 0 : target.indexOf('/', target.indexOf('//') + 2);
  const query = target.indexOf('?');
  return target.slice(Math.max(0, start), query < 0 ? target.length : query);
}
