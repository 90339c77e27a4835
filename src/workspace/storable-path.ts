const MAX_SEGMENT_BYTES = 255;
/** Names that Windows takes for devices, whatever follows their first dot. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\.|$)/i;

/**
 * Why a path with slashes, received from elsewhere, cannot name a file inside a folder here; undefined if it can. It
 * never leaves the folder, and it means one file only: no empty segment, no `.`, no backslash.
 */
export function whyNotStorable(
  relative: string,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  for (const segment of relative.split('/')) {
    if (segment === '') return 'it has an empty segment';
    if (segment === '.' || segment === '..') return `it has the segment "${segment}"`;
    if (/[\\\p{Cc}]/u.test(segment)) return 'it has a backslash or a control character';
    if (Buffer.byteLength(segment) > MAX_SEGMENT_BYTES)
      return `it has a segment of more than ${MAX_SEGMENT_BYTES} bytes`;
    if (platform !== 'win32') continue;
    if (/[<>:"|?*]|[. ]$/.test(segment) || DEVICE.test(segment))
      return `Windows allows no file called "${segment}"`;
  }
  return undefined;
}
