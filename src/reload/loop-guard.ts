import path from 'node:path';

/** After this many consecutive starts because of one file, its next change must wait until the file rests. */
const MOST_STARTS = 5;
/** Consecutive starts within this time are always suspicious. */
const WINDOW_MS = 10_000;
/** Slower starts are suspicious if the file changes at about the same moment of each; this is the tolerance. */
const SAME_MOMENT_MS = 500;
const SAME_MOMENT_SHARE = 0.25;
/** How long a suspect must rest before the next start, which then shows whether the start itself changes it. */
export const REST_MS = 1_000;
/** How many starts after a rest must change the file again: one could be a coincidence. */
const PROOFS = 2;
/** An ignored file that changes after resting this long was changed by something else. */
const FORGIVEN_MS = 10_000;

interface Suspicion {
  /** When the last starts because of this file began, oldest first. */
  starts: number[];
  /** How long after its beginning each of them changed the file; cleared by any other change. */
  delays: number[];
  changedAt: number;
  /** Whether it must rest before it may cause another start, however long it keeps changing. */
  mustRest: boolean;
  /** Whether the last start followed a rest, to test whether it changes the file. */
  isProbe: boolean;
  proofs: number;
}

/**
 * Detects a script that changes data in its own source folder: a file written in `init()` would start a new generation
 * forever, and a file written in `run()` would start one per request. Such a file must first rest, which costs anyone
 * who edits data at that pace one second. A file that starts still change after that is stopped: its changes are
 * ignored. Code is never suspected: people may save it as often as they like.
 *
 * All times are in milliseconds of the reloader's clock.
 */
export class LoopGuard {
  readonly #suspicions = new Map<string, Suspicion>();
  readonly #stopped = new Set<string>();
  #startedAt = Number.POSITIVE_INFINITY;
  #endedAt = Number.POSITIVE_INFINITY;

  /** Files whose changes are ignored. */
  get stopped(): ReadonlySet<string> {
    return this.#stopped;
  }

  /** Records that a source file changed at `at`. @returns whether its changes are ignored from now on. */
  changed(file: string, at: number): boolean {
    const suspicion = this.#suspicions.get(file);
    if (!suspicion) return false;
    const rested = at - suspicion.changedAt;
    suspicion.changedAt = at;
    const isByStart = at >= this.#startedAt && at <= this.#endedAt;
    if (this.#stopped.has(file)) {
      if (!isByStart && rested > FORGIVEN_MS) this.#forget(file);
      return false;
    }
    if (!isByStart) {
      suspicion.delays = [];
      suspicion.proofs = 0;
      return false;
    }
    suspicion.delays = [...suspicion.delays, at - this.#startedAt].slice(-MOST_STARTS);
    if (suspicion.isProbe) suspicion.proofs += 1;
    suspicion.isProbe = false;
    if (suspicion.proofs < PROOFS) return false;
    this.#stopped.add(file);
    return true;
  }

  /** When a start caused by these files alone may begin: now, or when they have rested. */
  mayStartAt(causes: readonly string[], now: number): number {
    if (causes.length === 0) return now;
    return Math.min(...causes.map((file) => this.#mayStartAt(file, now)));
  }

  /** Records a start caused by these files. */
  started(causes: readonly string[], now: number): void {
    this.#startedAt = now;
    this.#endedAt = Number.POSITIVE_INFINITY;
    for (const file of causes) {
      if (path.extname(file) === '.py') continue;
      const suspicion = this.#suspicions.get(file) ?? newSuspicion(now);
      suspicion.isProbe = suspicion.mustRest || isSuspect(suspicion, now);
      suspicion.mustRest = false;
      suspicion.starts = [...suspicion.starts, now].slice(-MOST_STARTS);
      this.#suspicions.set(file, suspicion);
    }
    // A file that did not cause this start ends its row.
    for (const file of this.#suspicions.keys())
      if (!causes.includes(file) && !this.#stopped.has(file)) this.#suspicions.delete(file);
  }

  ended(now: number): void {
    this.#endedAt = now;
  }

  /** Ends all ignoring, for a manual reload. */
  release(): void {
    this.#suspicions.clear();
    this.#stopped.clear();
  }

  #mayStartAt(file: string, now: number): number {
    const suspicion = this.#suspicions.get(file);
    if (!suspicion) return now;
    suspicion.mustRest ||= isSuspect(suspicion, now);
    return suspicion.mustRest ? Math.max(now, suspicion.changedAt + REST_MS) : now;
  }

  #forget(file: string): void {
    this.#stopped.delete(file);
    this.#suspicions.delete(file);
  }
}

function newSuspicion(now: number): Suspicion {
  return { starts: [], delays: [], changedAt: now, mustRest: false, isProbe: false, proofs: 0 };
}

function isSuspect({ starts, delays }: Suspicion, now: number): boolean {
  const [oldest] = starts;
  if (oldest === undefined || starts.length < MOST_STARTS) return false;
  if (now - oldest <= WINDOW_MS) return true;
  const [least, most] = [Math.min(...delays), Math.max(...delays)];
  return delays.length === MOST_STARTS && most - least <= Math.max(SAME_MOMENT_MS, SAME_MOMENT_SHARE * most);
}
