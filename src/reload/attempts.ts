import type { Clock } from '../base/index.ts';
import type { Failure } from '../events/index.ts';
import type { ModelSnapshot } from '../repository/index.ts';
import { type Application, applyPlan, toFailure } from './application.ts';
import type { FileScope } from './file-table.ts';
import { LoopGuard } from './loop-guard.ts';
import { type Observation, SCOPES, type Scan, timeOf } from './observation.ts';
import { type ProjectSnapshot, type ReloadPlan, withSourcesOf } from './plan.ts';
import {
  type Command,
  freshCauses,
  type Input,
  initialReloadState,
  isReady,
  isWaiting,
  type Observed,
  type ReloadState,
  reduce,
  swapsWorkers,
} from './reduce.ts';
import type { ReloadReporter } from './reload-reporter.ts';
import type { Requests } from './requests.ts';
import type { ReloadConfig } from './scan.ts';
import { Stopwatch } from './stopwatch.ts';
import type { ReloadTarget } from './target.ts';

export interface AttemptsParts {
  readonly config: ReloadConfig;
  readonly target: ReloadTarget;
  readonly clock: Clock;
  readonly reporter: ReloadReporter;
  readonly requests: Requests;
  /** What is served at the start. */
  readonly initial: ProjectSnapshot;
  /** Keys of the parts of `initial` that were refused at the start. */
  readonly refused?: Iterable<string>;
  /** Requests the next step, because an attempt has ended. */
  onEnd(): void;
}

/**
 * Starts, confirms, supersedes and concludes attempts as `reduce` decides from observations. Holds everything with side
 * effects: the application under way, the stopwatch and the loop guard.
 */
export class Attempts {
  readonly #parts: AttemptsParts;
  readonly #guard = new LoopGuard();
  #state: ReloadState;
  #application: Application | undefined;
  /** Measures the current change, from its first sign. */
  #stopwatch: Stopwatch | undefined;
  /** Since when, and until when if known, a file that the loop guard suspects may not restart the workers. */
  #held: { readonly since: number; readonly until: number | undefined } | undefined;

  constructor(parts: AttemptsParts) {
    this.#parts = parts;
    this.#state = initialReloadState(parts.initial, parts.config.script, parts.refused);
  }

  /** Whether an attempt is under way. */
  get busy(): boolean {
    return this.#state.attempt !== undefined;
  }

  /** When to decide again even if nothing happens, by the clock. */
  get dueAt(): number | undefined {
    return this.#held?.until;
  }

  /** Whether changes to a file are ignored because it caused a loop. */
  isStopped(file: string): boolean {
    return this.#guard.stopped.has(file);
  }

  /** Handles a manual reload, which loads these models whether they changed or not. */
  force(models: readonly string[]): void {
    this.#reduce({ type: 'requested', models });
    this.#noteSign(this.#parts.clock.now());
    this.#guard.release();
  }

  /** Ensures that an outcome is reported even if there turns out to be nothing to do. */
  awaitOutcome(): void {
    this.#reduce({ type: 'outcome awaited' });
  }

  /** Records what a scan found changed, with its first sign at `signAt`. */
  note(scan: Scan, signAt: number): void {
    if (scan.changes.length > 0) this.#noteSign(signAt);
    for (const change of scan.changes) {
      if (change.scope === 'sources' && this.#guard.changed(change.path, timeOf(change, scan)))
        this.#parts.reporter.caughtLoop(change.path);
    }
  }

  /** The change was scanned: from now until the next attempt, time counts as waiting for the files. */
  noteSeen(): void {
    if (this.#stopwatch?.phase === 'notice') this.#stopwatch.enter('quiet');
  }

  /** Records that a client of the engine loaded this content of a model. */
  accept(model: ModelSnapshot): void {
    this.#reduce({ type: 'client loaded', model });
  }

  /** Reports that the project cannot be read. */
  refuse(error: unknown): void {
    this.#reduce({ type: 'unreadable', failure: toFailure(error) });
  }

  /** Supersedes the attempt under way; resolves when the target has stopped. */
  async close(): Promise<void> {
    this.#application?.overtake();
    await this.#application?.done;
  }

  #noteSign(signAt: number): void {
    this.#stopwatch ??= new Stopwatch(this.#parts.clock, signAt);
  }

  /** Decides what to try, after the scan at `scannedAt` and the reading that followed. */
  decide(observation: Observation, scannedAt: number): void {
    if (this.#held) this.#held = { ...this.#held, until: undefined };
    const observed = this.#observe(observation, scannedAt);
    this.#reduce({ type: 'observed', observed }, scannedAt);
    const isIdle = this.#state.attempt === undefined && !isWaiting(this.#state, observed);
    const isHeldBack = isIdle && isReady(this.#state, observed, 'sources') && this.#holdBack(observed.latest);
    if (isIdle) this.#reduce({ type: 'idle', observed, heldBack: isHeldBack }, this.#parts.clock.now());
  }

  #observe(observation: Observation, at: number): Observed {
    const settled = observation.settled(at);
    const isMoving = (scope: FileScope) => !settled[scope] && observation.isReadable(scope, at);
    return {
      latest: withSourcesOf(observation.latest, this.#state.lastTried, this.#guard.stopped),
      settled,
      promising: byScope((scope) => observation.isPromising(scope, at)),
      moving: byScope(isMoving),
    };
  }

  /**
   * Whether the workers would restart only because of sources that the loop guard suspects and that have not rested
   * yet.
   */
  #holdBack(latest: ProjectSnapshot): boolean {
    const now = this.#parts.clock.now();
    const causes = freshCauses(this.#state, latest);
    const until = this.#state.forced.size > 0 ? now : this.#guard.mayStartAt(causes, now);
    this.#held = until > now ? { since: this.#held?.since ?? now, until } : undefined;
    this.#parts.reporter.held(causes, this.#held ? now - this.#held.since : 0);
    return this.#held !== undefined;
  }

  /** @param at when the input was observed, by the clock */
  #reduce(input: Input, at = this.#parts.clock.now()): void {
    const before = this.#state;
    const { state, commands } = reduce(before, input);
    this.#state = state;
    for (const command of commands) this.#perform(command, at, before);
  }

  #perform(command: Command, at: number, before: ReloadState): void {
    const { reporter, clock } = this.#parts;
    switch (command.type) {
      case 'apply':
        if (swapsWorkers(command.plan))
          this.#guard.started(freshCauses(before, command.snapshot), clock.now());
        this.#application = this.#apply(command.plan, command.snapshot, at);
        return;
      case 'confirm':
        reporter.planned(command.plan);
        this.#application?.confirm();
        return;
      case 'overtake':
        if (command.startsAnew) this.#stopwatch = new Stopwatch(clock, at);
        this.#application?.overtake();
        return;
      case 'abandon':
        this.#closeApplication(command.plan);
        this.#stopwatch?.overtaken();
        return;
      case 'conclude': {
        const stopwatch = this.#closeApplication(command.plan);
        this.#report(command.plan, command.failure, stopwatch);
        this.#parts.onEnd();
        return;
      }
      case 'refuse':
        this.#report(NOTHING, command.failure, this.#stopwatch);
        return;
      case 'rest':
        this.#rest(command.models, command.outcomePending);
        return;
      default:
        command satisfies never;
    }
  }

  #apply(plan: ReloadPlan, snapshot: ProjectSnapshot, planAt: number): Application {
    const { clock, target, onEnd } = this.#parts;
    this.#stopwatch ??= new Stopwatch(clock, planAt);
    const stopwatch = this.#stopwatch;
    stopwatch.applying(planAt);
    return applyPlan({
      target,
      plan,
      snapshot,
      stopwatch,
      onApplied: (action) => this.#reduce({ type: 'action applied', action }),
      onDone: (failure) => {
        this.#reduce({ type: 'target done', failure });
        onEnd();
      },
    });
  }

  /** @returns the stopwatch of the finished application */
  #closeApplication(plan: ReloadPlan): Stopwatch | undefined {
    const stopwatch = this.#application?.stopwatch;
    this.#application = undefined;
    if (swapsWorkers(plan)) this.#guard.ended(this.#parts.clock.now());
    return stopwatch;
  }

  #report(plan: ReloadPlan, failure: Failure | undefined, measured: Stopwatch | undefined): void {
    const { reporter, clock, requests } = this.#parts;
    const stopwatch = measured ?? new Stopwatch(clock, clock.now());
    // A newer change may have started its own.
    if (this.#stopwatch === measured) this.#stopwatch = undefined;
    if (failure) requests.noteFailure(reporter.failed(plan, stopwatch, failure));
    else reporter.completed(plan, stopwatch);
  }

  /** Nothing is left to do: manual requests are answered. */
  #rest(models: readonly string[], outcomePending: boolean): void {
    const { requests } = this.#parts;
    const refused = requests.refuseUnknown(models);
    if (outcomePending && !(refused && !requests.open)) this.#report(NOTHING, undefined, this.#stopwatch);
    this.#stopwatch = undefined;
    requests.answer();
  }
}

const NOTHING: ReloadPlan = { actions: [], causes: [] };

function byScope(isSo: (scope: FileScope) => boolean): Readonly<Record<FileScope, boolean>> {
  const [sources, repository] = SCOPES.map(isSo);
  return { sources: sources === true, repository: repository === true };
}
