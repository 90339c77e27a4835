import path from 'node:path';
import { isWeights } from './file-kind.ts';
import type { FileChange } from './file-table.ts';

/** Scripts and configuration count as complete after this long without a change; more than chokidar's 50 ms throttle. */
export const QUIET_MS = 80;
/** Longest wait for that quiet if something changes all the time. */
export const QUIET_CAP_MS = 2_000;
/** A file that was emptied or removed is often about to be written again, so it must be quiet for longer. */
export const SUSPECT_QUIET_MS = 200;
/** Weights count as complete when size and time are equal in two scans this far apart. */
export const WEIGHTS_STILL_MS = 250;
/** Longest wait for weights that keep changing without growing, or that a process holds open without writing. */
export const WEIGHTS_CAP_MS = 60_000;

/** The file that is being waited for. */
export interface Writing {
  readonly path: string;
  readonly bytes: number;
  readonly sinceMs: number;
}

/**
 * Decides from the changes that scans find when one part of the project (sources or model repository) may be read, and
 * when its content can be trusted. Uses no timers and no clock: every answer depends only on what was recorded and on
 * `now`, in the clock's milliseconds.
 */
export class Settle {
  #firstAt: number | undefined;
  #lastAt = 0;
  #suspect = false;
  #weightsFirstAt: number | undefined;
  #weightsLastAt = 0;
  /** When weights last grew: a copy that makes progress is awaited for as long as it takes. */
  #weightsGrewAt = 0;
  /** Sizes of the pending weights. */
  readonly #weights = new Map<string, number>();
  #writing: { path: string; bytes: number } | undefined;
  #unread = false;
  #proved = true;

  /** Records what a scan at `now` found changed since the previous scan. */
  note(now: number, changes: readonly FileChange[]): void {
    if (changes.length === 0) return;
    this.#firstAt ??= now;
    this.#lastAt = now;
    this.#unread = true;
    this.#proved = false;
    this.#suspect = changes.some((change) => change.kind !== 'folder' && change.bytes === 0);
    const weights = changes.filter(
      (change) => change.kind === 'written' && isWeights(path.basename(change.path)),
    );
    if (weights.length === 0) return;
    this.#weightsFirstAt ??= now;
    this.#weightsLastAt = now;
    for (const { path: file, bytes } of weights) {
      if (bytes > (this.#weights.get(file) ?? 0)) this.#weightsGrewAt = now;
      this.#weights.set(file, bytes);
      if (this.#writing?.path === file || bytes >= (this.#writing?.bytes ?? 0))
        this.#writing = { path: file, bytes };
    }
  }

  /** Weights that seem complete but may still be held open by their writer; empty once the wait is over. */
  doubtful(now: number): string[] {
    if (this.#weightsFirstAt === undefined || now >= this.#weightsCapAt()) return [];
    return this.isReadable(now) ? [...this.#weights.keys()] : [];
  }

  /** A writer has them open: the wait continues. */
  noteHeld(now: number): void {
    this.#weightsLastAt = now;
  }

  /** Requests a reading although no change was seen. */
  askToRead(): void {
    this.#unread = true;
  }

  /** Whether no weights are being written. */
  isReadable(now: number): boolean {
    return (
      this.#weightsFirstAt === undefined ||
      now - this.#weightsLastAt >= WEIGHTS_STILL_MS ||
      now >= this.#weightsCapAt()
    );
  }

  /** Whether the files have been quiet for long enough, or have kept changing for too long. */
  isQuiet(now: number): boolean {
    if (this.#firstAt === undefined) return true;
    return this.isReadable(now) && (now - this.#lastAt >= this.#quietMs() || this.#isCapped(now));
  }

  /** Whether the content must be read: at the first sign, and again when quiet (an event may have been lost). */
  wantsReading(now: number): boolean {
    return this.isReadable(now) && (this.#unread || (!this.#proved && this.isQuiet(now)));
  }

  /**
   * Records that the content was read after the scan at `now`. Only a reading during quiet that finds nothing new is
   * proof: newly read content may have been caught half-written between the scan and the reading.
   */
  noteReading(now: number, moved: boolean): void {
    this.#unread = false;
    this.#proved = this.isQuiet(now) && (!moved || this.#isCapped(now));
  }

  /** Whether the content read is complete. If so, the next change starts a new wait. */
  isSettled(now: number): boolean {
    if (this.#unread || !this.#proved || !this.isQuiet(now)) return false;
    this.#firstAt = undefined;
    this.#weightsFirstAt = undefined;
    this.#weights.clear();
    this.#writing = undefined;
    this.#suspect = false;
    return true;
  }

  /** Whether it may be tried before the files are quiet: not while a file is empty or missing. */
  isPromising(now: number): boolean {
    return !this.#suspect || this.isQuiet(now);
  }

  /** When the next scan is due; undefined if nothing is pending. */
  nextScanAt(now: number): number | undefined {
    if (!this.isReadable(now)) return this.#weightsLastAt + WEIGHTS_STILL_MS;
    if (this.#firstAt === undefined || this.isQuiet(now))
      return this.#proved && !this.#unread ? undefined : now;
    return Math.min(this.#lastAt + this.#quietMs(), this.#capAt());
  }

  /** The largest file that is being written, if that is what the wait is for. */
  writing(now: number): Writing | undefined {
    if (!this.#writing || this.#weightsFirstAt === undefined || this.isReadable(now)) return undefined;
    return { ...this.#writing, sinceMs: now - this.#weightsFirstAt };
  }

  #isCapped(now: number): boolean {
    return now >= this.#capAt();
  }

  /** When content that keeps changing is read anyway. */
  #capAt(): number {
    if (this.#weightsFirstAt !== undefined) return this.#weightsCapAt();
    return this.#firstAt === undefined ? Number.POSITIVE_INFINITY : this.#firstAt + QUIET_CAP_MS;
  }

  #weightsCapAt(): number {
    return Math.max(this.#weightsFirstAt ?? 0, this.#weightsGrewAt) + WEIGHTS_CAP_MS;
  }

  #quietMs(): number {
    return this.#suspect ? SUSPECT_QUIET_MS : QUIET_MS;
  }
}
