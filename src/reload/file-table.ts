/** Which part of the project a file belongs to: what workers read, or the model repository. */
export type FileScope = 'sources' | 'repository';

/** What the file system reports about a file without reading it. Times in milliseconds since 1970. */
export interface FileStamp {
  readonly scope: FileScope;
  readonly bytes: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly inode: number;
}

/** A folder's identity: it differs if the folder was recreated or a link swapped. */
export interface FolderStamp {
  readonly scope: FileScope;
  readonly identity: string;
}

/** The project's files at one scan, by absolute path. */
export interface FileTable {
  readonly files: ReadonlyMap<string, FileStamp>;
  readonly folders: ReadonlyMap<string, FolderStamp>;
  /** Time of the scan, in milliseconds since 1970. */
  readonly takenMs: number;
  /** Whether the model repository's folder exists; true if the project has none. */
  readonly repositoryFound: boolean;
  /** Whether the project has more files than are watched. */
  readonly truncated: boolean;
}

export interface FileChange {
  readonly path: string;
  readonly scope: FileScope;
  readonly kind: 'written' | 'gone' | 'folder';
  /** Size now; 0 if the file does not exist. */
  readonly bytes: number;
  /** When it changed according to the file system, in milliseconds since 1970; undefined if the file does not exist. */
  readonly changedMs?: number;
}

export const emptyFileTable: FileTable = {
  files: new Map(),
  folders: new Map(),
  takenMs: 0,
  repositoryFound: true,
  truncated: false,
};

/**
 * The files that appeared, disappeared or have a different stamp. A different stamp is a reason to read, not yet a
 * change.
 */
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
  // An empty version folder means something in a model repository; an empty folder among sources does not.
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

/** Whether a folder was replaced by another with the same path, so that its watchers no longer work. */
export function hasReplacedFolder(before: FileTable, after: FileTable): boolean {
  for (const [path, { identity }] of before.folders) {
    const now = after.folders.get(path);
    if (now !== undefined && now.identity !== identity) return true;
  }
  return false;
}

/**
 * Whether two stamps indicate the same content. The change time detects writers that restore the old modification time.
 */
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
