import type { Clock } from '../base/index.ts';
import type { ModelSnapshot } from '../repository/index.ts';
import { Attempts } from './attempts.ts';
import type { FileTable } from './file-table.ts';
import { type Disk, Observation, type Scan, timeOf } from './observation.ts';
import { type ProjectSnapshot, planReload } from './plan.ts';
import type { ReloadReporter } from './reload-reporter.ts';
import { Requests } from './requests.ts';
import type { ReloadConfig } from './scan.ts';
import { StepLoop } from './step-loop.ts';
import type { ReloadTarget } from './target.ts';
import type { Watching } from './watching.ts';

/** Applies saved changes to the running services, until it is disposed of. */
export interface Reloader extends AsyncDisposable {
  /**
   * Reads the project again now and applies what changed, including what was refused before; a named model is loaded
   * whether it changed or not. Works while paused and without watching. Resolves when the content found is being
   * served; rejects with the failure, RELOAD_MODEL_UNKNOWN or RELOAD_STOPPED.
   */
  reload(model?: string): Promise<void>;
  /** Records that a client of the engine loaded this content of a model; what differs from it is the next change. */
  accept(model: ModelSnapshot): void;
  /** Ignores changes until `resume`. A reload under way is completed. */
  pause(): void;
  resume(): void;
}

export interface ReloaderParts {
  readonly config: ReloadConfig;
  readonly target: ReloadTarget;
  readonly reporter: ReloadReporter;
  readonly clock: Clock;
  readonly disk: Disk;
  /** What is served at the start, and the files it was read from. */
  readonly initial: ProjectSnapshot;
  readonly table: FileTable;
  /** Keys of the parts of `initial` that were refused at the start. */
  readonly refused?: Iterable<string>;
}

/** Minimum time between scans after hints, so that a busy writer does not occupy a processor. */
const SCAN_DISTANCE_MS = 15;

/**
 * One loop of steps that never overlap: a step scans the files, reads what changed, and lets `Attempts` decide what to
 * try. Hints, timers, ends of attempts and manual requests only request the next step.
 */
export class ProjectReloader implements Reloader {
  readonly #parts: ReloaderParts;
  readonly #reporter: ReloadReporter;
  readonly #observation: Observation;
  readonly #attempts: Attempts;
  readonly #requests = new Requests();
  readonly #loop: StepLoop;
  #watching: Watching | undefined;
  /** Whether the last attempt to read the project failed. */
  #unread = false;
  /** When the first hint arrived that no scan has followed yet. */
  #hintedAt: number | undefined;
  #scannedAt = Number.NEGATIVE_INFINITY;
  #stepMs = 0;
  #paused = false;
  #ended = false;

  constructor(parts: ReloaderParts) {
    this.#parts = parts;
    this.#reporter = parts.reporter;
    this.#loop = new StepLoop({
      clock: parts.clock,
      isFollowing: () => this.#isFollowing(),
      step: () => this.#step(),
      dueAt: () => this.#dueAt(),
    });
    this.#attempts = new Attempts({
      ...parts,
      requests: this.#requests,
      onEnd: () => this.#loop.poke(),
    });
    this.#observation = new Observation(parts);
  }

  /** Starts watching the files; without this, only `reload` scans them. */
  watch(watching: Watching): void {
    this.#watching = watching;
    this.reportMode();
    this.#loop.poke();
  }

  /** Reports how changes are detected from now on. */
  reportMode(): void {
    if (this.#paused) this.#reporter.watching('paused', '');
    else if (this.#watching) this.#reporter.watching(this.#watching.mode, this.#watching.reason);
  }

  /** Something may have changed. */
  hint(): void {
    this.#hintedAt ??= this.#parts.clock.now();
    this.#loop.reschedule();
  }

  reload(model?: string): Promise<void> {
    const answer = this.#requests.ask(model);
    if (this.#ended) this.#requests.close();
    this.#loop.poke();
    return answer;
  }

  accept(model: ModelSnapshot): void {
    this.#attempts.accept(model);
  }

  pause(): void {
    if (this.#paused || !this.#watching) return;
    this.#paused = true;
    this.reportMode();
  }

  resume(): void {
    if (!this.#paused || !this.#watching) return;
    this.#paused = false;
    this.reportMode();
    this.#loop.poke();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    const ended = this.#attempts.close();
    await this.#watching?.[Symbol.asyncDispose]();
    await this.#loop.stop();
    await ended;
    this.#requests.close();
  }

  #isFollowing(): boolean {
    const isWatching = this.#watching !== undefined && !this.#paused;
    return !this.#ended && (isWatching || this.#requests.open || this.#attempts.busy);
  }

  async #step(): Promise<void> {
    this.#takeRequests();
    const { clock, config } = this.#parts;
    const hintedAt = this.#hintedAt;
    this.#hintedAt = undefined;
    const isExpected = hintedAt !== undefined || this.#observation.nextScanAt(clock.now()) !== undefined;
    const scan = await this.#observation.scan();
    const signAt = firstSign(scan, hintedAt, this.#scannedAt);
    this.#scannedAt = scan.at;
    this.#updateWatching(scan, isExpected);
    this.#logConditions(scan);
    this.#attempts.note(scan, signAt);
    const counting = scan.changes.filter((change) => !this.#attempts.isStopped(change.path));
    for (const file of this.#observation.note(counting)) this.#reporter.writing(file);
    const { scopes, error } = await this.#observation.read(scan.at, (before, after) => {
      return planReload(before, after, config.script).actions.length > 0;
    });
    this.#attempts.noteSeen();
    if (error !== undefined) {
      this.#unread = true;
      this.#attempts.refuse(error);
    } else if (this.#unread && scopes.includes('repository')) {
      this.#unread = false;
      this.#attempts.awaitOutcome();
    }
    this.#stepMs = clock.now() - scan.at;
    if (!this.#ended) this.#attempts.decide(this.#observation, scan.at);
  }

  #takeRequests(): void {
    const models = this.#requests.take();
    if (!models) return;
    this.#attempts.force(models);
    this.#observation.askToRead();
  }

  #updateWatching({ changes, replacedFolder, tookMs }: Scan, isExpected: boolean): void {
    if (replacedFolder) this.#watching?.rearm();
    else if (changes.length > 0) this.#watching?.noteChange(isExpected);
    this.#watching?.noteScan(tookMs);
  }

  #logConditions({ table }: Scan): void {
    const { models } = this.#parts.config;
    this.#reporter.condition('repository gone', !table.repositoryFound, () => {
      const gone = models?.kind === 'onnx-file' ? models.file : models?.directory;
      return `${gone} is gone; what is loaded keeps serving until it is back`;
    });
    this.#reporter.condition('truncated', table.truncated, () => {
      return 'the project has more files than are watched; changes to the rest are not seen';
    });
  }

  /** When the next step is due: after a wait, after a hint, or for a scan without a hint. */
  #dueAt(): number | undefined {
    const due = [this.#observation.nextScanAt(this.#scannedAt), this.#attempts.dueAt];
    if (this.#hintedAt !== undefined)
      due.push(this.#scannedAt + Math.max(SCAN_DISTANCE_MS, 2 * this.#stepMs));
    if (this.#watching) due.push(this.#scannedAt + this.#watching.reconcileMs);
    const known = due.filter((at) => at !== undefined);
    return known.length > 0 ? Math.min(...known) : undefined;
  }
}

/** When an event announced the changes; without an event, when the first was made, but not before the previous scan. */
function firstSign(scan: Scan, hintedAt: number | undefined, scannedBefore: number): number {
  if (hintedAt !== undefined || !Number.isFinite(scannedBefore)) return hintedAt ?? scan.at;
  const madeAt = Math.min(scan.at, ...scan.changes.map((change) => timeOf(change, scan)));
  return Math.max(madeAt, scannedBefore);
}
