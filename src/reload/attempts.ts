import type { Clock } from '../base/index.ts';
import type { Failure, ReloadAction } from '../events/index.ts';
import type { ModelSnapshot } from '../repository/index.ts';
import type { Announcer } from './announcer.ts';
import { Attempt, toFailure } from './attempt.ts';
import { Bill } from './bill.ts';
import type { FileScope } from './file-table.ts';
import type { ReloadConfig } from './look.ts';
import { LoopGuard } from './loop-guard.ts';
import { type Look, type Observation, SCOPES, type Settled, timeOf } from './observation.ts';
import { keyOf, modelKey, type ProjectSnapshot, planReload, type ReloadPlan, withSourcesOf } from './plan.ts';
import type { Requests } from './requests.ts';
import { Served } from './served.ts';
import type { ReloadTarget } from './target.ts';

export interface AttemptsParts {
  readonly config: ReloadConfig;
  readonly target: ReloadTarget;
  readonly clock: Clock;
  readonly announcer: Announcer;
  readonly requests: Requests;
  /** What serves at the start. */
  readonly initial: ProjectSnapshot;
  /** Keys of what `initial` holds and was refused at the start. */
  readonly refused?: Iterable<string>;
  /** Asks for the next step: an attempt came to an end. */
  onEnd(): void;
}

/** After this many newer saves in a row, one content is brought to its end before the next is begun. */
const MOST_OVERTAKEN = 5;

/**
 * Decides from what was observed: start an attempt, confirm the one under way because its content proved complete,
 * overtake it because a newer content came, or conclude it. There is never more than one.
 */
export class Attempts {
  readonly #parts: AttemptsParts;
  readonly #served: Served;
  readonly #guard = new LoopGuard();
  /** Keys of what a request by hand wants done though its content is the same. */
  readonly #forced = new Set<string>();
  #attempt: Attempt | undefined;
  /** What the last attempt was made of, applied or not. */
  #lastTried: ProjectSnapshot;
  /** Of the change that is being worked on, from its first sign. */
  #bill: Bill | undefined;
  /** When a suspect of the loop guard may start the workers again. */
  #heldUntil: number | undefined;
  #heldSince: number | undefined;
  /** How often in a row a newer content ended an attempt. */
  #overtaken = 0;
  /** Whether an outcome is owed even if there turns out to be nothing to do. */
  #owesOutcome = false;

  constructor(parts: AttemptsParts) {
    this.#parts = parts;
    this.#served = new Served(parts.initial, parts.refused);
    this.#lastTried = parts.initial;
  }

  /** Whether an attempt is under way. */
  get busy(): boolean {
    return this.#attempt !== undefined;
  }

  /** When it is worth deciding again though nothing happened, by the clock. */
  get dueAt(): number | undefined {
    return this.#heldUntil;
  }

  /** Whether changes of a file do not count, for it was caught in a loop. */
  isStopped(file: string): boolean {
    return this.#guard.stopped.has(file);
  }

  /** Somebody asked for a reload by hand, and for these models whether they differ or not. */
  force(models: readonly string[]): void {
    this.owe();
    this.#noteSign(this.#parts.clock.now());
    this.#guard.release();
    for (const key of this.#served.refused) this.#forced.add(key);
    for (const model of models) this.#forced.add(modelKey(model));
  }

  /** An outcome is to be told even if there turns out to be nothing to do. */
  owe(): void {
    this.#owesOutcome = true;
  }

  /** A look found changes, whose first sign was at `signAt`. */
  note(look: Look, signAt: number): void {
    if (look.changes.length > 0) this.#noteSign(signAt);
    for (const change of look.changes) {
      if (change.scope === 'sources' && this.#guard.changed(change.path, timeOf(change, look)))
        this.#parts.announcer.caughtLoop(change.path);
    }
  }

  /** The change was looked at: whatever time passes until something is tried is spent waiting for the files. */
  noteSeen(): void {
    if (this.#bill?.phase === 'notice') this.#bill.enter('quiet');
  }

  /** A client of the engine had this content of a model loaded. */
  accept(model: ModelSnapshot): void {
    this.#served.accept(model);
  }

  /** The project cannot be read. */
  refuse(error: unknown): void {
    this.#conclude(nothing, this.#bill, toFailure(error));
  }

  /** Overtakes what is under way; resolves when the target has let go. */
  async end(): Promise<void> {
    this.#attempt?.overtake();
    await this.#attempt?.done;
  }

  #noteSign(signAt: number): void {
    this.#bill ??= new Bill(this.#parts.clock, signAt);
  }

  /** To be called after the look at `lookedAt` and the reading that followed it. */
  decide(observation: Observation, lookedAt: number): void {
    this.#heldUntil = undefined;
    const settled = observation.settled(lookedAt);
    const latest = withSourcesOf(observation.latest, this.#lastTried, this.#guard.stopped);
    if (this.#attempt) this.#follow(this.#attempt, latest, settled, lookedAt);
    if (this.#attempt) return;
    const isReady = (scope: FileScope): boolean =>
      settled[scope] || (this.#overtaken === 0 && observation.isPromising(scope, lookedAt));
    // After a change of mind, what is saved together is awaited together; weights may take longer.
    const isMoving = (scope: FileScope): boolean =>
      !settled[scope] && observation.isReadable(scope, lookedAt);
    if (this.#overtaken > 0 && SCOPES.some(isMoving)) return;
    const { content } = this.#served;
    const snapshot: ProjectSnapshot = {
      repository: isReady('repository') ? latest.repository : content.repository,
      sources: isReady('sources') && !this.#isHeld(latest) ? latest.sources : content.sources,
    };
    const planAt = this.#parts.clock.now();
    const plan = planReload(content, snapshot, this.#parts.config.script, this.#forced);
    if (plan.actions.length > 0) this.#start(plan, snapshot, planAt, settled);
    else if (settled.sources && settled.repository && this.#heldUntil === undefined) this.#rest(latest);
  }

  /** Whether nothing but what the loop guard suspects would start the workers again. */
  #isHeld(latest: ProjectSnapshot): boolean {
    const now = this.#parts.clock.now();
    const isAsked = this.#forced.size > 0;
    const causes = this.#freshCauses(latest);
    const until = isAsked ? now : this.#guard.mayStartAt(causes, now);
    this.#heldUntil = until > now ? until : undefined;
    this.#heldSince = this.#heldUntil === undefined ? undefined : (this.#heldSince ?? now);
    this.#parts.announcer.held(causes, this.#heldSince === undefined ? 0 : now - this.#heldSince);
    return this.#heldUntil !== undefined;
  }

  /** The source files that changed since the last attempt. */
  #freshCauses({ sources }: ProjectSnapshot): readonly string[] {
    const { repository } = this.#served.content;
    return this.#plan({ repository, sources: this.#lastTried.sources }, { repository, sources }).causes;
  }

  #start(plan: ReloadPlan, snapshot: ProjectSnapshot, planAt: number, settled: Settled): void {
    const { clock, target } = this.#parts;
    if (swapsWorkers(plan)) this.#guard.started(this.#freshCauses(snapshot), clock.now());
    this.#lastTried = snapshot;
    const bill = this.#bill ?? new Bill(clock, planAt);
    this.#bill = bill;
    bill.applying(planAt);
    this.#attempt = new Attempt(target, { plan, snapshot, bill }, () => this.#parts.onEnd());
    if (isSettledFor(plan, settled)) this.#confirm(this.#attempt);
  }

  #follow(attempt: Attempt, latest: ProjectSnapshot, settled: Settled, lookedAt: number): void {
    const isUndecided = !attempt.overtaken && (!attempt.result || this.#isHeldBack(attempt));
    if (isUndecided) {
      const isMoved = this.#isMoved(attempt, latest);
      if (isMoved && this.#overtaken < MOST_OVERTAKEN) {
        // A save that comes after a complete one starts its own bill.
        if (attempt.confirmed) this.#bill = new Bill(this.#parts.clock, lookedAt);
        attempt.overtake();
      } else if (isSettledFor(attempt.plan, settled)) this.#confirm(attempt);
    }
    if (!attempt.result || this.#isHeldBack(attempt)) return;
    this.#attempt = undefined;
    if (swapsWorkers(attempt.plan)) this.#guard.ended(this.#parts.clock.now());
    if (attempt.overtaken && !attempt.appliedAll) {
      if (attempt.confirmed) this.#oweForAnnounced();
      this.#overtaken += 1;
      this.#bill?.overtaken();
      this.#served.record(attempt.snapshot, attempt.applied, () => false);
      return;
    }
    const { failure } = attempt.result;
    const isRefused = failure ? (action: ReloadAction) => !attempt.applied.has(action) : () => false;
    this.#served.record(attempt.snapshot, attempt.plan.actions, isRefused);
    this.#confirm(attempt);
    this.#conclude(attempt.plan, attempt.bill, failure);
    this.#parts.onEnd();
  }

  /** What was announced has an end, also where the newer content turns out to be what was given before. */
  #oweForAnnounced(): void {
    this.owe();
    for (const key of this.#served.refused) this.#forced.add(key);
  }

  /**
   * Whether a newer content ends the attempt. Files that are saved together belong together, so before it is
   * confirmed any difference does; later only one that concerns what is being done.
   */
  #isMoved(attempt: Attempt, latest: ProjectSnapshot): boolean {
    const difference = this.#plan(attempt.snapshot, latest);
    return attempt.confirmed ? overlap(attempt.plan, difference) : difference.actions.length > 0;
  }

  /** A failure of what may be half a file is not believed before the file is quiet. */
  #isHeldBack(attempt: Attempt): boolean {
    return attempt.result?.failure !== undefined && !attempt.confirmed && !attempt.overtaken;
  }

  #confirm(attempt: Attempt): void {
    if (!attempt.confirmed) this.#parts.announcer.planned(attempt.plan);
    attempt.confirm();
  }

  #conclude(plan: ReloadPlan, paid: Bill | undefined, failure: Failure | undefined): void {
    const bill = paid ?? new Bill(this.#parts.clock, this.#parts.clock.now());
    for (const action of plan.actions) this.#forced.delete(keyOf(action));
    this.#overtaken = 0;
    // A newer change may have begun its own.
    if (this.#bill === paid) this.#bill = undefined;
    this.#owesOutcome = false;
    if (failure) this.#parts.requests.noteFailure(this.#parts.announcer.failed(plan, bill, failure));
    else this.#parts.announcer.completed(plan, bill);
  }

  /** Nothing is left to do: who asked by hand is answered. */
  #rest({ repository }: ProjectSnapshot): void {
    const { requests } = this.#parts;
    const refused = requests.refuseUnknown([...(repository?.models.keys() ?? [])]);
    if (this.#owesOutcome && !(refused && !requests.open)) this.#conclude(nothing, this.#bill, undefined);
    this.#owesOutcome = false;
    this.#bill = undefined;
    this.#overtaken = 0;
    this.#forced.clear();
    requests.answer();
  }

  #plan(before: ProjectSnapshot, after: ProjectSnapshot): ReloadPlan {
    return planReload(before, after, this.#parts.config.script);
  }
}

const nothing: ReloadPlan = { actions: [], causes: [] };

function isSettledFor(plan: ReloadPlan, settled: Settled): boolean {
  return plan.actions.every((action) => settled[action.kind === 'swap-workers' ? 'sources' : 'repository']);
}

function swapsWorkers(plan: ReloadPlan): boolean {
  return plan.actions.some(({ kind }) => kind === 'swap-workers');
}

/** Whether two plans change the same model or both change the workers. */
function overlap(one: ReloadPlan, other: ReloadPlan): boolean {
  const keys = new Set(one.actions.map(keyOf));
  return other.actions.some((action) => keys.has(keyOf(action)));
}
