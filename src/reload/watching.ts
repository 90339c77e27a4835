import { hasErrno, messageOf } from '../base/index.ts';
import type { WatchMode } from '../events/index.ts';
import { remoteKindOf } from './remote-mount.ts';
import type { WatchedPlaces } from './watched-places.ts';
import { watchPlaces } from './watcher.ts';

/** The source of hints while it runs; the reloader reports to it what its scans found. */
export interface Watching extends AsyncDisposable {
  readonly mode: WatchMode;
  /** Why the mode is not the usual one; empty if it is. */
  readonly reason: string;
  /** How long to wait before the next scan without a hint. */
  readonly reconcileMs: number;
  /** A watched folder was replaced by another: its watchers no longer work and are recreated. */
  rearm(): void;
  /** A scan found a change; `expected` says whether a hint announced it. */
  noteChange(expected: boolean): void;
  /** How long a scan took, which sets the pace of scanning. */
  noteScan(milliseconds: number): void;
}

export interface WatchingOptions {
  readonly places: WatchedPlaces;
  onHint(): void;
  /** The mode has changed: events proved unreliable. */
  onMode(): void;
  /** Starts one set of watchers. */
  readonly watch?: typeof watchPlaces;
  readonly remoteKindOf?: typeof remoteKindOf;
}

const RECONCILE_MS = 2_000;
const POLL_MS = 500;
const LONGEST_MS = 10_000;
/** Scans use at most 1/N of the time: 10,000 files (about 60 ms) are scanned every 9 s. */
const SHARE_OF_TIME = 150;
const SHARE_OF_TIME_POLLING = 50;
/** After this many consecutive changes that no event announced, events are no longer relied on. */
const MOST_MISSED = 2;

/** Watchers that are replaced when they fail, and scanning at a pace that depends on how reliable they are. */
export class ProjectWatching implements Watching {
  readonly #options: WatchingOptions;
  #watchers: AsyncDisposable | undefined;
  #arming: Promise<void> = Promise.resolve();
  #isArmAsked = false;
  #isPolling = false;
  #reason = '';
  #limited = false;
  #missed = 0;
  #lookMs = 0;
  #ended = false;

  constructor(options: WatchingOptions) {
    this.#options = options;
    const kindOf = options.remoteKindOf ?? remoteKindOf;
    const [remote] = options.places.roots.flatMap((root) => {
      const kind = kindOf(root);
      return kind === undefined
        ? []
        : [`${root} is on a ${kind} file system, whose events do not cover all changes`];
    });
    if (remote !== undefined) this.#turnToPolling(remote);
    this.rearm();
  }

  get mode(): WatchMode {
    return this.#isPolling ? 'polling' : 'events';
  }

  get reason(): string {
    return this.#reason;
  }

  get reconcileMs(): number {
    const [pace, share] = this.#isPolling ? [POLL_MS, SHARE_OF_TIME_POLLING] : [RECONCILE_MS, SHARE_OF_TIME];
    return Math.min(LONGEST_MS, Math.max(pace, this.#lookMs * share));
  }

  rearm(): void {
    if (this.#isArmAsked || this.#ended) return;
    this.#isArmAsked = true;
    this.#arming = this.#arming.then(() => this.#arm());
  }

  noteChange(expected: boolean): void {
    this.#missed = expected ? 0 : this.#missed + 1;
    if (this.#missed === 0) return;
    if (this.#missed >= MOST_MISSED) this.#poll('file events do not arrive for this folder');
    this.rearm();
  }

  noteScan(milliseconds: number): void {
    this.#lookMs = milliseconds;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    await this.#arming;
    await this.#drop();
  }

  async #arm(): Promise<void> {
    this.#isArmAsked = false;
    if (this.#ended || this.#limited) return;
    await this.#drop();
    const { places, onHint, watch = watchPlaces } = this.#options;
    try {
      this.#watchers = await watch(places, { hint: onHint, fail: (error) => this.#fail(error) });
    } catch (error) {
      this.#fail(error);
    }
  }

  async #drop(): Promise<void> {
    const watchers = this.#watchers;
    this.#watchers = undefined;
    await watchers?.[Symbol.asyncDispose]();
  }

  #fail(error: unknown): void {
    if (this.#limited || this.#ended) return;
    if (hasErrno(error, 'ENOSPC', 'EMFILE', 'ENFILE')) {
      // An unknown part is watched then, so the handles are better released.
      this.#limited = true;
      this.#arming = this.#arming.then(() => this.#drop());
      this.#poll("the system's limit of watched files is reached");
    } else this.#poll(`file events fail (${messageOf(error)})`);
  }

  #poll(reason: string): void {
    if (this.#isPolling) return;
    this.#turnToPolling(reason);
    this.#options.onMode();
  }

  #turnToPolling(reason: string): void {
    this.#isPolling = true;
    const pace = this.reconcileMs / 1000;
    this.#reason = `${reason}: changes are found by scanning every ${pace} s instead`;
  }
}
