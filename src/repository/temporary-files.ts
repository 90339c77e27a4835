/** Names that are never part of a model: hidden files, and what Python and file managers leave behind. */
export function isNoise(name: string): boolean {
  return name.startsWith('.') || name === '__pycache__' || name === 'Thumbs.db' || name === 'desktop.ini';
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
