import { existsSync } from 'node:fs';
import path from 'node:path';

/** Folders without the user's code or models: caches, environments, version control, editor state. */
const IGNORED_NAMES: ReadonlySet<string> = new Set([
  '.git',
  '.hg',
  '.svn',
  '__pycache__',
  '__MACOSX',
  'node_modules',
  '.venv',
  'venv',
  '.tox',
  '.nox',
  '.cache',
  '.mypy_cache',
  '.pytest_cache',
  '.ruff_cache',
  '.ipynb_checkpoints',
  '.idea',
  '.vscode',
  '.vs',
  '.DS_Store',
  'Thumbs.db',
  'desktop.ini',
  '4913', // vim creates a file of this name to test whether it may create files
]);

/** Names that editors, copy tools and interpreters give to files before renaming them. */
const IGNORED_PATTERN = new RegExp(
  [
    '~$', // backups: vim, emacs, gedit; JetBrains' `___jb_tmp___` and `___jb_old___` have their own form
    '___jb_(tmp|old)___$',
    '^\\.#', // emacs locks
    '^#.*#$', // emacs autosaves
    '^\\.~', // LibreOffice and rsync's in-place partials
    '^\\._', // macOS resource forks on foreign file systems
    '^\\.nfs', // files removed while open on NFS
    '^\\.fuse_hidden',
    '^\\.goutputstream-', // GLib programs (gedit) before their rename
    '\\.sw[a-px]$', // vim swap files
    '\\.(tmp|temp|bak|orig|rej|part|partial|crdownload|filepart|lock|log)$',
    '\\.(py[co]|pyd\\.tmp)$',
    '\\.egg-info$',
  ].join('|'),
  'i',
);

/** rsync and curl write `.NAME.XXXXXX` beside the target: six characters of mixed case or with digits. */
const TEMPORARY_SUFFIX = /^\.(?!env\.).+\.(?=[a-z]*[A-Z0-9])[A-Za-z0-9]{6}$/;

/** Whether a file or folder of this name never affects a reload. */
export function isIgnoredName(name: string): boolean {
  return IGNORED_NAMES.has(name) || IGNORED_PATTERN.test(name) || TEMPORARY_SUFFIX.test(name);
}

/** A virtual environment has `pyvenv.cfg`, a conda environment `conda-meta`. */
export function isPythonEnvironment(directory: string): boolean {
  return existsSync(path.join(directory, 'pyvenv.cfg')) || existsSync(path.join(directory, 'conda-meta'));
}
