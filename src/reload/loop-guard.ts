import path from 'node:path';

/** After this many starts in a row because of one file, its next change is not followed before it rests. */
const MOST_STARTS = 5;
/** Starts in a row within this time are suspicious in any case. */
const WINDOW_MS = 10_000;
/** Slower ones are where the file changes at the same moment of each start, give or take. */
const SAME_MOMENT_MS = 500;
const SAME_MOMENT_SHARE = 0.25;
/** How long a suspect must rest until the next start, which shows whether the start itself changes it. */
export const REST_MS = 1_000;
/** Starts after a rest that changed the file all the same: one could be a coincidence. */
const PROOFS = 2;
/** A stopped file that rested this long and changes again was changed by somebody else. */
const FORGIVEN_MS = 10_000;

interface Suspicion {
  /** When the last starts because of this file began, the oldest first. */
  starts: number[];
  /** How long after the beginning each of them changed it; emptied by any other change. */
  delays: number[];
  changedAt: number;
  /** Whether it has to rest before it may cause another start, however long it goes on changing. */
  mustRest: boolean;
  /** Whether the last start came after a rest, to see whether it changes the file. */
  isProbe: boolean;
  proofs: number;
}

/**
 * Recognises a script that changes data in its own source folder: writing a file in `init()` would start the next
 * generation for ever, and writing one in `run()` would start one a request. Such a file is first made to rest,
 * which costs whoever edits data at that pace a second; one that starts change even then is stopped: its changes no
 * longer count. Code is never suspected: people save it as often as they like.
 *
 * All times are by the reloader's clock, in milliseconds.
 */
export class LoopGuard {
  readonly #suspicions = new Map<string, Suspicion>();
  readonly #stopped = new Set<string>();
  #startedAt = Number.POSITIVE_INFINITY;
  #endedAt = Number.POSITIVE_INFINITY;

  /** Files whose changes do not count. */
  get stopped(): ReadonlySet<string> {
    return this.#stopped;
  }

  /** A source file was changed at `at`. @returns whether it is stopped from here on. */
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

  /** When a start because of these files, and no others, may begin: now, or when they have rested. */
  mayStartAt(causes: readonly string[], now: number): number {
    if (causes.length === 0) return now;
    return Math.min(...causes.map((file) => this.#mayStartAt(file, now)));
  }

  /** A start begins because of these files. */
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
    // One that did not cause this start is not in a row any more.
    for (const file of this.#suspicions.keys())
      if (!causes.includes(file) && !this.#stopped.has(file)) this.#suspicions.delete(file);
  }

  ended(now: number): void {
    this.#endedAt = now;
  }

  /** Lets everything count again, when somebody asks for a reload by hand. */
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
