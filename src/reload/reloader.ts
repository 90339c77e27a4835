import type { Clock } from '../base/index.ts';
import type { EventSink, Failure } from '../events/index.ts';
import { Announcer, type Moments } from './announcer.ts';
import { Attempt, toFailure } from './attempt.ts';
import { compareTables, type FileScope, type FileTable, hasReplacedFolder } from './file-table.ts';
import type { ReloadConfig } from './look.ts';
import { keyOf, modelKey, type ProjectSnapshot, planReload, type ReloadPlan } from './plan.ts';
import { Requests } from './requests.ts';
import { Served } from './served.ts';
import { Settle } from './settle.ts';
import type { ReloadTarget } from './target.ts';
import type { Watching } from './watching.ts';

/** Brings what is saved to what serves, while it lives. */
export interface Reloader extends AsyncDisposable {
  /**
   * Reads the project again now and applies what differs, also what was refused before; a named model is loaded
   * whether it differs or not. Works while paused and without watching. Resolves when the content that was found
   * serves; rejects with the failure, with RELOAD_MODEL_UNKNOWN, or with RELOAD_STOPPED.
   */
  reload(model?: string): Promise<void>;
  /** Takes no notice of changes until `resume`. What is being applied is brought to its end. */
  pause(): void;
  resume(): void;
}

/** The project's files as the reloader sees them; tests pass their own. */
export interface Disk {
  look(): Promise<FileTable>;
  read(table: FileTable, previous: ProjectSnapshot, scopes: ReadonlySet<FileScope>): Promise<ProjectSnapshot>;
}

export interface ReloaderParts {
  readonly config: ReloadConfig;
  readonly target: ReloadTarget;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly disk: Disk;
  /** What serves at the start, and the files it was read from. */
  readonly initial: ProjectSnapshot;
  readonly table: FileTable;
}

/** After this many newer saves in a row, one content is brought to its end before the next is begun. */
const MOST_OVERTAKEN = 5;
/** Looks that hints ask for keep this distance, so that a chatty writer does not cost a processor. */
const LOOK_DISTANCE_MS = 15;
const SCOPES = ['sources', 'repository'] as const;

/**
 * One loop of steps that never overlap. A step looks at the files, reads what changed, and decides: start an
 * attempt, confirm the one under way because its content proved complete, overtake it because a newer content
 * came, or conclude it. Hints, timers, ends of attempts and requests by hand only ask for the next step.
 */
export class ProjectReloader implements Reloader {
  readonly #parts: ReloaderParts;
  readonly #announcer: Announcer;
  readonly #served: Served;
  readonly #requests = new Requests();
  readonly #settle = { sources: new Settle(), repository: new Settle() };
  /** Keys of what a request by hand wants done though its content is the same. */
  readonly #forced = new Set<string>();
  #watching: Watching | undefined;
  #table: FileTable;
  #latest: ProjectSnapshot;
  #attempt: Attempt | undefined;
  #moments: Moments = { signAt: 0, planAt: 0, applyAt: 0 };
  /** When the change that is being worked on was first seen. */
  #signAt: number | undefined;
  /** How often in a row a newer content ended an attempt. */
  #overtaken = 0;
  /** Whether a failure to read the project stands. */
  #unread = false;
  /** Whether an outcome is owed even if there turns out to be nothing to do. */
  #owesOutcome = false;
  #hinted = false;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #stepMs = 0;
  #running: Promise<void> | undefined;
  #again = false;
  #paused = false;
  #ended = false;
  #callOff: () => void = () => undefined;

  constructor(parts: ReloaderParts) {
    this.#parts = parts;
    this.#announcer = new Announcer(parts);
    this.#served = new Served(parts.initial);
    this.#latest = parts.initial;
    this.#table = parts.table;
  }

  /** Begins to follow the files; without this only `reload` looks at them. */
  watch(watching: Watching): void {
    this.#watching = watching;
    this.#poke();
  }

  /** Something may have changed. */
  hint(): void {
    this.#hinted = true;
    if (!this.#running) this.#schedule();
  }

  reload(model?: string): Promise<void> {
    const answer = this.#requests.ask(model);
    if (this.#ended) this.#requests.end();
    this.#poke();
    return answer;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#poke();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    this.#callOff();
    this.#attempt?.overtake();
    await this.#watching?.[Symbol.asyncDispose]();
    await this.#running;
    await this.#attempt?.done;
    this.#requests.end();
  }

  #isFollowing(): boolean {
    const isWatching = this.#watching !== undefined && !this.#paused;
    return !this.#ended && (isWatching || this.#requests.open || this.#attempt !== undefined);
  }

  #poke(): void {
    this.#again = true;
    this.#running ??= this.#runSteps();
  }

  async #runSteps(): Promise<void> {
    await Promise.resolve(); // so that `#running` is set before it is taken back
    while (this.#again && this.#isFollowing()) {
      this.#again = false;
      this.#callOff();
      this.#takeRequests();
      await this.#step();
    }
    this.#running = undefined;
    this.#schedule();
  }

  #takeRequests(): void {
    const models = this.#requests.take();
    if (!models) return;
    this.#signAt ??= this.#parts.clock.now();
    this.#owesOutcome = true;
    for (const key of this.#served.refused) this.#forced.add(key);
    for (const model of models) this.#forced.add(modelKey(model));
    for (const scope of SCOPES) this.#settle[scope].askToRead();
  }

  async #step(): Promise<void> {
    const lookedAt = this.#parts.clock.now();
    this.#lookedAt = lookedAt;
    const hinted = this.#hinted;
    this.#hinted = false;
    const table = await this.#parts.disk.look();
    this.#noteLook(table, lookedAt, hinted);
    await this.#readWhatChanged(table, lookedAt);
    this.#stepMs = this.#parts.clock.now() - lookedAt;
    if (!this.#ended) this.#decide(lookedAt);
  }

  #noteLook(table: FileTable, lookedAt: number, hinted: boolean): void {
    const now = this.#parts.clock.now();
    const changes = compareTables(this.#table, table);
    const isExpected =
      hinted || SCOPES.some((scope) => this.#settle[scope].nextLookAt(lookedAt) !== undefined);
    if (hasReplacedFolder(this.#table, table)) this.#watching?.rearm();
    else if (changes.length > 0) this.#watching?.noteChange(isExpected);
    this.#watching?.noteLook(now - lookedAt);
    this.#table = table;
    if (changes.length > 0) this.#signAt ??= lookedAt;
    for (const scope of SCOPES) {
      const settle = this.#settle[scope];
      settle.note(
        now,
        changes.filter((change) => change.scope === scope),
      );
      const writing = settle.writing(now);
      if (writing) this.#announcer.writing(writing);
    }
    this.#sayConditions(table);
  }

  #sayConditions(table: FileTable): void {
    const { models } = this.#parts.config;
    this.#announcer.condition('repository gone', !table.repositoryFound, () => {
      const gone = models?.kind === 'onnx-file' ? models.file : models?.directory;
      return `${gone} is gone; what is loaded serves on until it is back`;
    });
    this.#announcer.condition('truncated', table.truncated, () => {
      return 'the project holds more files than are watched; changes of the rest are not seen';
    });
  }

  async #readWhatChanged(table: FileTable, lookedAt: number): Promise<void> {
    const scopes = SCOPES.filter((scope) => this.#settle[scope].wantsReading(lookedAt));
    if (scopes.length === 0) return;
    const before = this.#latest;
    let moved = false;
    try {
      this.#latest = await this.#parts.disk.read(table, before, new Set(scopes));
      moved = this.#plan(before, this.#latest).actions.length > 0;
      if (this.#unread && scopes.includes('repository')) {
        this.#unread = false;
        this.#owesOutcome = true;
      }
    } catch (error) {
      // Before it is quiet a file may have gone while it was read; then it is read again.
      if (scopes.every((scope) => this.#settle[scope].isQuiet(lookedAt))) this.#refuseUnread(error);
    }
    for (const scope of scopes) this.#settle[scope].noteReading(lookedAt, moved);
  }

  #refuseUnread(error: unknown): void {
    const now = this.#parts.clock.now();
    this.#moments = { signAt: this.#signAt ?? now, planAt: now, applyAt: now };
    this.#conclude(nothing, toFailure(error));
    this.#unread = true;
  }

  #decide(lookedAt: number): void {
    const settled = {
      sources: this.#settle.sources.isSettled(lookedAt),
      repository: this.#settle.repository.isSettled(lookedAt),
    };
    if (this.#attempt) this.#follow(this.#attempt, settled, lookedAt);
    if (this.#attempt) return;
    const isReady = (scope: FileScope): boolean =>
      settled[scope] || (this.#overtaken === 0 && this.#settle[scope].isPromising(lookedAt));
    // After a change of mind, what is saved together is awaited together; weights may take longer.
    const isMoving = (scope: FileScope): boolean =>
      !settled[scope] && this.#settle[scope].isReadable(lookedAt);
    if (this.#overtaken > 0 && SCOPES.some(isMoving)) return;
    const { content } = this.#served;
    const snapshot: ProjectSnapshot = {
      repository: isReady('repository') ? this.#latest.repository : content.repository,
      sources: isReady('sources') ? this.#latest.sources : content.sources,
    };
    const planAt = this.#parts.clock.now();
    const plan = planReload(content, snapshot, this.#parts.config.script, this.#forced);
    if (plan.actions.length > 0) this.#start(plan, snapshot, planAt, settled);
    else if (settled.sources && settled.repository) this.#rest();
  }

  #start(plan: ReloadPlan, snapshot: ProjectSnapshot, planAt: number, settled: Settled): void {
    this.#moments = { signAt: this.#signAt ?? planAt, planAt, applyAt: this.#parts.clock.now() };
    this.#attempt = new Attempt(this.#parts.target, plan, snapshot, () => this.#poke());
    if (isSettledFor(plan, settled)) this.#confirm(this.#attempt);
  }

  #follow(attempt: Attempt, settled: Settled, lookedAt: number): void {
    const isUndecided = !attempt.overtaken && (!attempt.result || this.#isHeldBack(attempt));
    if (isUndecided) {
      const isMoved = this.#isMoved(attempt);
      if (isMoved && this.#overtaken < MOST_OVERTAKEN) {
        // A save that comes after a complete one starts its own bill.
        if (attempt.confirmed) this.#signAt = lookedAt;
        attempt.overtake();
      } else if (isSettledFor(attempt.plan, settled)) this.#confirm(attempt);
    }
    if (!attempt.result || this.#isHeldBack(attempt)) return;
    this.#attempt = undefined;
    if (attempt.overtaken && !attempt.appliedAll) {
      this.#overtaken += 1;
      this.#served.record(attempt.snapshot, attempt.applied, () => false);
      return;
    }
    const { failure } = attempt.result;
    const isRefused = failure
      ? (action: ReloadPlan['actions'][number]) => !attempt.applied.has(action)
      : () => false;
    this.#served.record(attempt.snapshot, attempt.plan.actions, isRefused);
    this.#confirm(attempt);
    this.#conclude(attempt.plan, failure);
    this.#again = true;
  }

  /**
   * Whether a newer content ends the attempt. Files that are saved together belong together, so before it is
   * confirmed any difference does; later only one that concerns what is being done.
   */
  #isMoved(attempt: Attempt): boolean {
    const difference = this.#plan(attempt.snapshot, this.#latest);
    return attempt.confirmed ? overlap(attempt.plan, difference) : difference.actions.length > 0;
  }

  /** A failure of what may be half a file is not believed before the file is quiet. */
  #isHeldBack(attempt: Attempt): boolean {
    return attempt.result?.failure !== undefined && !attempt.confirmed && !attempt.overtaken;
  }

  #confirm(attempt: Attempt): void {
    if (!attempt.confirmed) this.#announcer.planned(attempt.plan);
    attempt.confirm();
  }

  #conclude(plan: ReloadPlan, failure: Failure | undefined): void {
    for (const action of plan.actions) this.#forced.delete(keyOf(action));
    this.#overtaken = 0;
    this.#signAt = undefined;
    this.#owesOutcome = false;
    if (failure) this.#requests.noteFailure(this.#announcer.failed(plan, this.#moments, failure));
    else this.#announcer.completed(plan, this.#moments);
  }

  /** Nothing is left to do: who asked by hand is answered. */
  #rest(): void {
    const refused = this.#requests.refuseUnknown([...(this.#latest.repository?.models.keys() ?? [])]);
    if (this.#owesOutcome && !(refused && !this.#requests.open)) {
      const now = this.#parts.clock.now();
      this.#moments = { signAt: this.#signAt ?? now, planAt: now, applyAt: now };
      this.#conclude(nothing, undefined);
    }
    this.#owesOutcome = false;
    this.#signAt = undefined;
    this.#overtaken = 0;
    this.#forced.clear();
    this.#requests.answer();
  }

  #plan(before: ProjectSnapshot, after: ProjectSnapshot): ReloadPlan {
    return planReload(before, after, this.#parts.config.script);
  }

  /** Sets the timer for the next step, or takes it at once where it is due because of a hint. */
  #schedule(): void {
    this.#callOff();
    if (!this.#isFollowing()) return;
    const due = SCOPES.map((scope) => this.#settle[scope].nextLookAt(this.#lookedAt));
    if (this.#hinted) due.push(this.#lookedAt + Math.max(LOOK_DISTANCE_MS, 2 * this.#stepMs));
    if (this.#watching) due.push(this.#lookedAt + this.#watching.reconcileMs);
    const next = Math.min(...due.filter((at) => at !== undefined));
    if (!Number.isFinite(next)) return;
    const wait = Math.ceil(next - this.#parts.clock.now());
    if (wait <= 0) this.#poke();
    else this.#callOff = this.#parts.clock.after(wait, () => this.#poke());
  }
}

type Settled = Readonly<Record<FileScope, boolean>>;

const nothing: ReloadPlan = { actions: [], causes: [] };

function isSettledFor(plan: ReloadPlan, settled: Settled): boolean {
  return plan.actions.every((action) => settled[action.kind === 'swap-workers' ? 'sources' : 'repository']);
}

/** Whether two plans change the same model or both change the workers. */
function overlap(one: ReloadPlan, other: ReloadPlan): boolean {
  const keys = new Set(one.actions.map(keyOf));
  return other.actions.some((action) => keys.has(keyOf(action)));
}
