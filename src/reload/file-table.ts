/** Which part of the project a file belongs to: what workers read, or the model repository. */
export type FileScope = 'sources' | 'repository';

/** What the file system tells of a file without reading it. Times in milliseconds since 1970. */
export interface FileStamp {
  readonly scope: FileScope;
  readonly bytes: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly inode: number;
}

/** A folder's identity: another one under the same path was made anew or swapped in by a link. */
export interface FolderStamp {
  readonly scope: FileScope;
  readonly identity: string;
}

/** The project's files as one scan found them, by absolute path. */
export interface FileTable {
  readonly files: ReadonlyMap<string, FileStamp>;
  readonly folders: ReadonlyMap<string, FolderStamp>;
  /** When it was made, in milliseconds since 1970. */
  readonly takenMs: number;
  /** Whether the model repository's folder is there; true where the project has none. */
  readonly repositoryFound: boolean;
  /** Whether the project holds more files than are watched. */
  readonly truncated: boolean;
}

export interface FileChange {
  readonly path: string;
  readonly scope: FileScope;
  readonly kind: 'written' | 'gone' | 'folder';
  /** Size now; 0 where there is no file. */
  readonly bytes: number;
  /** When the file system says that it was, in milliseconds since 1970; undefined where there is no file. */
  readonly changedMs?: number;
}

export const emptyFileTable: FileTable = {
  files: new Map(),
  folders: new Map(),
  takenMs: 0,
  repositoryFound: true,
  truncated: false,
};

/** The files whose stamp differs, appeared or vanished. A differing stamp is a reason to read, not yet a change. */
export function compareTables(before: FileTable, after: FileTable): FileChange[] {
  const changes: FileChange[] = [];
  for (const [path, stamp] of after.files) {
    if (!equalStamps(before.files.get(path), stamp))
      changes.push({
        path,
        scope: stamp.scope,
        kind: 'written',
        bytes: stamp.bytes,
        changedMs: stamp.ctimeMs,
      });
  }
  for (const [path, { scope }] of before.files) {
    if (!after.files.has(path)) changes.push({ path, scope, kind: 'gone', bytes: 0 });
  }
  // An empty version folder has a meaning in a model repository; among sources an empty folder has none.
  for (const [one, other] of [
    [before.folders, after.folders],
    [after.folders, before.folders],
  ] as const) {
    for (const [path, { scope }] of one) {
      if (scope === 'repository' && !other.has(path)) changes.push({ path, scope, kind: 'folder', bytes: 0 });
    }
  }
  return changes;
}

/** Whether a folder was replaced by another of the same path: watchers of the old one are dead then. */
export function hasReplacedFolder(before: FileTable, after: FileTable): boolean {
  for (const [path, { identity }] of before.folders) {
    const now = after.folders.get(path);
    if (now !== undefined && now.identity !== identity) return true;
  }
  return false;
}

/** Whether two stamps promise the same content; the change time catches writers that set the old time back. */
export function equalStamps(one: FileStamp | undefined, other: FileStamp | undefined): boolean {
  return (
    one !== undefined &&
    other !== undefined &&
    one.bytes === other.bytes &&
    one.mtimeMs === other.mtimeMs &&
    one.ctimeMs === other.ctimeMs &&
    one.inode === other.inode &&
    one.scope === other.scope
  );
}
