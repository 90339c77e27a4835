const NOISE: readonly string[] = ['__pycache__', 'lost+found', 'Thumbs.db', 'desktop.ini'];

/** Names that never belong to a model: hidden files, and what Python, file managers and file systems leave behind. */
export function isNoise(name: string): boolean {
  return name.startsWith('.') || NOISE.includes(name);
}

/** Temporary names that editors and copy programs give to files before they rename them (`4913` is vim's probe). */
export function isTemporaryFile(name: string): boolean {
  return TEMPORARY.test(name) || name === '4913';
}

const TEMPORARY = new RegExp(
  [
    '~$',
    '^~\\$',
    '^#.*#$',
    '\\.sw[a-z]$',
    '\\.(?:tmp|temp|part|partial|filepart|crdownload|pyc)$',
    '___jb_(?:tmp|old)___$',
  ].join('|'),
  'i',
);
