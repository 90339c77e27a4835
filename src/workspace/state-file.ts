import { readFile } from 'node:fs/promises';
import {
  describeLockHolder,
  hasErrno,
  Mutex,
  messageOf,
  systemError,
  withFileLock,
  writeFileAtomic,
} from '../base/index.ts';
import { type AzureState, emptyState } from './azure-state.ts';

const LOCK_LIMIT_MS = 30_000;
const LISTS = [
  'models',
  'environments',
  'codes',
  'data',
  'archivedNames',
  'computes',
  'services',
  'endpoints',
  'operations',
] as const;
/** A workspace with ten thousand models takes about 6 MB. */
const MAX_BYTES = 64 * 1024 * 1024;

/** The new state (the same object if nothing changed), and the caller's result. */
interface Change<Result> {
  readonly state: AzureState;
  readonly result: Result;
}

/**
 * The state of one workspace in one readable JSON file. A change reads, modifies and replaces the file under a lock
 * shared between processes. Readers, even after a crash, see the file before or after a change, never in between.
 */
export class StateFile {
  readonly file: string;
  /** Of this process: the file lock has no queue, so one of many changes could wait until its limit. */
  readonly #changes = new Mutex();

  constructor(file: string) {
    this.file = file;
  }

  /** @throws WORKSPACE_UNREADABLE if the file is damaged or was written by a later version of this program. */
  async read(): Promise<AzureState> {
    let text: string;
    try {
      text = await readFile(this.file, 'utf8');
    } catch (error) {
      if (hasErrno(error, 'ENOENT')) return emptyState;
      throw this.#unreadable(messageOf(error), error);
    }
    if (text.length > MAX_BYTES) throw this.#unreadable(`it is larger than ${MAX_BYTES} bytes`);
    return this.#parse(text);
  }

  /** Replaces the state with the one that `change` returns, and returns its result. Changes take turns in order. */
  update<Result>(change: (state: AzureState) => Change<Result> | Promise<Change<Result>>): Promise<Result> {
    return this.#changes.run(() => this.#updateLocked(change));
  }

  async #updateLocked<Result>(
    change: (state: AzureState) => Change<Result> | Promise<Change<Result>>,
  ): Promise<Result> {
    const signal = AbortSignal.timeout(LOCK_LIMIT_MS);
    try {
      return await withFileLock(
        `${this.file}.lock`,
        signal,
        () => undefined,
        async () => {
          const before = await this.read();
          const { state, result } = await change(before);
          if (state !== before)
            await writeFileAtomic(this.file, `${JSON.stringify(state, null, 2)}\n`, 0o600);
          return result;
        },
      );
    } catch (error) {
      if (!signal.aborted) throw error;
      const lock = `${this.file}.lock`;
      throw systemError('WORKSPACE_BUSY', `${await describeLockHolder(lock)} keeps ${this.file} locked`, {
        hint: `wait for it, or end it; if it no longer exists, remove ${lock}`,
        cause: error,
      });
    }
  }

  #parse(text: string): AzureState {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw this.#unreadable(messageOf(error), error);
    }
    if (typeof value !== 'object' || value === null || !('schemaVersion' in value))
      throw this.#unreadable('it is not the state of a workspace');
    if (value.schemaVersion !== 1)
      throw this.#unreadable(`it has schema version ${value.schemaVersion}, and this program knows 1`);
    const state: AzureState = { ...emptyState, ...value, schemaVersion: 1 };
    for (const part of LISTS)
      if (!Array.isArray(state[part])) throw this.#unreadable(`its ${part} are not a list`);
    return state;
  }

  #unreadable(why: string, cause?: unknown): Error {
    return systemError('WORKSPACE_UNREADABLE', `the workspace cannot be read: ${why}`, {
      hint: 'fix the file, or move it away to start with an empty workspace',
      location: { file: this.file },
      cause,
    });
  }
}
