const NOISE: readonly string[] = ['__pycache__', 'lost+found', 'Thumbs.db', 'desktop.ini'];

/** Names that are never models or parts of one: what is hidden, and what Python, file managers and disks leave behind. */
export function isNoise(name: string): boolean {
  return name.startsWith('.') || NOISE.includes(name);
}

/** Names that editors and copying programs give to files on the way to another name (`4913` is vim's probe). */
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
