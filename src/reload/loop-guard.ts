import path from 'node:path';

/** After this many starts in a row because of one file, its next change is not followed before it rests. */
const MOST_STARTS = 5;
/** Within this time; a file that changes while the script starts counts however long each start takes. */
const WINDOW_MS = 10_000;
/** How long a suspect must rest until the next start, which shows whether the start itself changes it. */
export const REST_MS = 1_000;
/** What changes this soon after a start ended was still written by it: events and looks take that long. */
const AFTERMATH_MS = 50;
/** The same where the file had rested before, so that it is hardly a coincidence. */
const PROBE_AFTERMATH_MS = 500;
/** A stopped file that rested this long and changes again was changed by somebody else. */
const FORGIVEN_MS = 10_000;

interface Suspicion {
  /** When the last starts because of this file began, the oldest first. */
  starts: number[];
  /** How many of the last starts in a row changed it. */
  changedByStart: number;
  changedAt: number;
  /** Whether the start under way was made to see if it changes the file. */
  isProbed: boolean;
}

/**
 * Recognises a script that changes its own source folder: writing a file in `init()` would start the next generation
 * for ever, and writing one in `run()` would start one a request. Such a file is first made to rest, which costs a
 * fast typist a second; one that a start changes even then is stopped: its changes no longer count.
 */
export class LoopGuard {
  readonly #suspicions = new Map<string, Suspicion>();
  readonly #stopped = new Set<string>();
  #isStarting = false;
  #endedAt = Number.NEGATIVE_INFINITY;

  /** Files whose changes do not count. */
  get stopped(): ReadonlySet<string> {
    return this.#stopped;
  }

  /** A look at `now` found these source files changed. @returns those that are stopped from here on. */
  changed(files: readonly string[], now: number): string[] {
    const isWithin = (aftermathMs: number) => this.#isStarting || now - this.#endedAt <= aftermathMs;
    const isByStart = isWithin(AFTERMATH_MS);
    const caught: string[] = [];
    for (const file of files) {
      const suspicion = this.#suspicions.get(file);
      if (!suspicion) continue;
      if (this.#stopped.has(file)) {
        if (!isByStart && now - suspicion.changedAt > FORGIVEN_MS) this.#forget(file);
      } else if (suspicion.isProbed && isWithin(PROBE_AFTERMATH_MS)) {
        this.#stopped.add(file);
        caught.push(file);
      } else suspicion.changedByStart = isByStart ? suspicion.changedByStart + 1 : 0;
      suspicion.isProbed = false;
      suspicion.changedAt = now;
    }
    return caught;
  }

  /** When a start because of these files, and no others, may begin: now, or when they have rested. */
  mayStartAt(causes: readonly string[], now: number): number {
    if (causes.length === 0) return now;
    return Math.min(...causes.map((file) => this.#mayStartAt(file, now)));
  }

  /** A start begins because of these files. */
  started(causes: readonly string[], now: number): void {
    this.#isStarting = true;
    for (const file of causes) {
      const known = this.#suspicions.get(file);
      const suspicion = known ?? { starts: [], changedByStart: 0, changedAt: now, isProbed: false };
      suspicion.isProbed = this.#isSuspect(file, suspicion, now);
      suspicion.starts = [...suspicion.starts, now].slice(-MOST_STARTS);
      this.#suspicions.set(file, suspicion);
    }
    // One that did not cause this start is not in a row any more.
    for (const file of this.#suspicions.keys())
      if (!causes.includes(file) && !this.#stopped.has(file)) this.#suspicions.delete(file);
  }

  ended(now: number): void {
    this.#isStarting = false;
    this.#endedAt = now;
  }

  /** Lets everything count again, when somebody asks for a reload by hand. */
  release(): void {
    this.#suspicions.clear();
    this.#stopped.clear();
  }

  #mayStartAt(file: string, now: number): number {
    const suspicion = this.#suspicions.get(file);
    if (!suspicion || !this.#isSuspect(file, suspicion, now)) return now;
    return Math.max(now, suspicion.changedAt + REST_MS);
  }

  #isSuspect(file: string, { starts, changedByStart }: Suspicion, now: number): boolean {
    const [oldest] = starts;
    if (oldest === undefined || starts.length < MOST_STARTS) return false;
    if (changedByStart >= MOST_STARTS) return true;
    // People save code as often as they like; nobody edits data at that pace.
    return path.extname(file) !== '.py' && now - oldest <= WINDOW_MS;
  }

  #forget(file: string): void {
    this.#stopped.delete(file);
    this.#suspicions.delete(file);
  }
}
