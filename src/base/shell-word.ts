/** A path or another text as one word of a command that the user can paste into a shell. */
export function shellWord(text: string, platform: NodeJS.Platform = process.platform): string {
  if (/^[\w@%+=:,./\\~-]+$/.test(text) && (platform === 'win32' || !text.includes('\\'))) return text;
  // cmd and PowerShell both read double quotes; a Windows path contains none.
  if (platform === 'win32') return `"${text}"`;
  return `'${text.replaceAll("'", "'\\''")}'`;
}
