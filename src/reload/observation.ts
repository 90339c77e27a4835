import type { Clock } from '../base/index.ts';
import {
  compareTables,
  type FileChange,
  type FileScope,
  type FileTable,
  hasReplacedFolder,
} from './file-table.ts';
import type { ProjectSnapshot } from './plan.ts';
import { Settle, type Writing } from './settle.ts';

/** Access to the project's files; tests pass their own. */
export interface Disk {
  scan(): Promise<FileTable>;
  read(table: FileTable, previous: ProjectSnapshot, scopes: ReadonlySet<FileScope>): Promise<ProjectSnapshot>;
  /** Whether a process has one of these files open for writing. */
  isBeingWritten(files: readonly string[]): Promise<boolean>;
}

/** The result of one scan. */
export interface Scan {
  /** When it began, by the clock. */
  readonly at: number;
  readonly tookMs: number;
  readonly changes: readonly FileChange[];
  /** Whether a watched folder was replaced by another of the same name. */
  readonly replacedFolder: boolean;
  readonly table: FileTable;
}

/** When a change was made, by the clock; if the file system does not record it, when it was seen. */
export function timeOf({ changedMs }: FileChange, { at, table }: Scan): number {
  return changedMs === undefined ? at : at - (table.takenMs - changedMs);
}

/** The result of a reading: nothing to report, or that the project cannot be read. */
export interface Reading {
  readonly scopes: readonly FileScope[];
  readonly error?: unknown;
}

export const SCOPES = ['sources', 'repository'] as const satisfies readonly FileScope[];

/** What is known about the project's files: the last scan, the content read last, and how reliable it is. */
export class Observation {
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #settle = { sources: new Settle(), repository: new Settle() };
  #table: FileTable;
  #latest: ProjectSnapshot;

  constructor(parts: { disk: Disk; clock: Clock; initial: ProjectSnapshot; table: FileTable }) {
    this.#disk = parts.disk;
    this.#clock = parts.clock;
    this.#table = parts.table;
    this.#latest = parts.initial;
  }

  /** The content that was read last; a file may have newer content by now. */
  get latest(): ProjectSnapshot {
    return this.#latest;
  }

  async scan(): Promise<Scan> {
    const at = this.#clock.now();
    const table = await this.#disk.scan();
    const now = this.#clock.now();
    const changes = compareTables(this.#table, table);
    const replacedFolder = hasReplacedFolder(this.#table, table);
    this.#table = table;
    return { at, tookMs: now - at, changes, replacedFolder, table };
  }

  /** Starts or prolongs the wait for the changes of a scan. @returns the weights that are being written. */
  note(changes: readonly FileChange[]): Writing[] {
    const now = this.#clock.now();
    return SCOPES.flatMap((scope) => {
      const settle = this.#settle[scope];
      settle.note(
        now,
        changes.filter((change) => change.scope === scope),
      );
      return settle.writing(now) ?? [];
    });
  }

  /**
   * Reads the scopes whose content may have changed and is not being written, after the scan at `at`. `isMove` returns
   * whether the content differs from the previous one in a way that matters.
   */
  async read(
    at: number,
    isMove: (before: ProjectSnapshot, after: ProjectSnapshot) => boolean,
  ): Promise<Reading> {
    await this.#doubt(at);
    const scopes = SCOPES.filter((scope) => this.#settle[scope].wantsReading(at));
    if (scopes.length === 0) return { scopes };
    const before = this.#latest;
    let moved = false;
    let failure: { error: unknown } | undefined;
    try {
      this.#latest = await this.#disk.read(this.#table, before, new Set(scopes));
      moved = isMove(before, this.#latest);
    } catch (error) {
      // Until the files are quiet, one may disappear while it is read; it is then read again.
      if (scopes.every((scope) => this.#settle[scope].isQuiet(at))) failure = { error };
    }
    for (const scope of scopes) this.#settle[scope].noteReading(at, moved);
    return { scopes, ...failure };
  }

  /** Makes the next step read every scope again, although no change was seen. */
  askToRead(): void {
    for (const scope of SCOPES) this.#settle[scope].askToRead();
  }

  /** Whether a scope's content is complete. If so, the next change starts a new wait. */
  settled(at: number): Settled {
    return {
      sources: this.#settle.sources.isSettled(at),
      repository: this.#settle.repository.isSettled(at),
    };
  }

  /** Whether a scope may be tried before it has settled. */
  isPromising(scope: FileScope, at: number): boolean {
    return this.#settle[scope].isPromising(at);
  }

  /** Whether no weights of a scope are being written. */
  isReadable(scope: FileScope, at: number): boolean {
    return this.#settle[scope].isReadable(at);
  }

  /** When the next scan is due after the one at `at`; undefined if nothing is pending. */
  nextScanAt(at: number): number | undefined {
    const due = SCOPES.map((scope) => this.#settle[scope].nextScanAt(at)).filter(
      (next) => next !== undefined,
    );
    return due.length > 0 ? Math.min(...due) : undefined;
  }

  /** A copy that pauses looks complete, but its writer still has the file open. */
  async #doubt(at: number): Promise<void> {
    for (const scope of SCOPES) {
      const settle = this.#settle[scope];
      const files = settle.wantsReading(at) ? settle.doubtful(at) : [];
      if (files.length > 0 && (await this.#disk.isBeingWritten(files))) settle.noteHeld(at);
    }
  }
}

export type Settled = Readonly<Record<FileScope, boolean>>;
