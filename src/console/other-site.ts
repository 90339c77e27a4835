/**
 * Whether a browser says that a page of another site makes the request, as for an image or a script, which carry no
 * `Origin`. A link to our page from elsewhere is not refused. Programs other than browsers do not send these fields.
 */
export function isOtherSite(fields: Readonly<Record<string, unknown>>): boolean {
  const site = fields['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return false;
  return fields['sec-fetch-mode'] !== 'navigate' || fields['sec-fetch-dest'] !== 'document';
}
