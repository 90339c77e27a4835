import { toTritonLocalError } from '../base/index.ts';
import type { Failure, ReloadAction } from '../events/index.ts';
import type { Bill } from './bill.ts';
import type { ProjectSnapshot, ReloadPlan } from './plan.ts';
import type { ReloadProgress, ReloadTarget } from './target.ts';

/** One application of a plan, from the first sign to the switch. `onEnd` is called when the target is through. */
export class Attempt {
  readonly plan: ReloadPlan;
  readonly snapshot: ProjectSnapshot;
  readonly bill: Bill;
  /** Resolves, never rejects, when the target has let go. */
  readonly done: Promise<void>;
  readonly applied = new Set<ReloadAction>();
  readonly #controller = new AbortController();
  #settle: (settled: boolean) => void = () => undefined;
  #result: { readonly failure: Failure | undefined } | undefined;
  #confirmed = false;

  constructor(
    target: ReloadTarget,
    { plan, snapshot, bill }: { plan: ReloadPlan; snapshot: ProjectSnapshot; bill: Bill },
    onEnd: () => void,
  ) {
    this.plan = plan;
    this.snapshot = snapshot;
    this.bill = bill;
    const settled = new Promise<boolean>((resolve) => {
      this.#settle = resolve;
    });
    const progress: ReloadProgress = {
      settled: () => this.#waitFor(settled),
      enter: (phase) => bill.enter(phase),
      applied: (action) => void this.applied.add(action),
    };
    this.done = this.#run(target, progress).then(onEnd);
  }

  /** What came of it, once the target is through. */
  get result(): { readonly failure: Failure | undefined } | undefined {
    return this.#result;
  }

  /** Whether its content proved complete. */
  get confirmed(): boolean {
    return this.#confirmed;
  }

  /** Whether a newer content ended it. */
  get overtaken(): boolean {
    return this.#controller.signal.aborted;
  }

  get appliedAll(): boolean {
    return this.plan.actions.every((action) => this.applied.has(action));
  }

  confirm(): void {
    this.#confirmed = true;
    this.#settle(true);
  }

  overtake(): void {
    this.#controller.abort();
    this.#settle(false);
  }

  async #waitFor(settled: Promise<boolean>): Promise<boolean> {
    const { phase } = this.bill;
    if (!this.#confirmed) this.bill.enter('quiet');
    const isSettled = await settled;
    this.bill.enter(phase);
    return isSettled;
  }

  async #run(target: ReloadTarget, progress: ReloadProgress): Promise<void> {
    try {
      const { actions } = this.plan;
      const failure = await target.apply(actions, this.snapshot, this.#controller.signal, progress);
      this.#result = { failure };
    } catch (error) {
      this.#result = { failure: toFailure(error) };
    }
    // A failure of what may be half a file is held back until the files are quiet.
    if (!this.#confirmed) this.bill.enter('quiet');
  }
}

/** A thrown value as the facts that `reload.failed` carries. */
export function toFailure(thrown: unknown): Failure {
  const { code, message, location, hint } = toTritonLocalError(thrown);
  return {
    code,
    message,
    ...(location && { file: location.file }),
    ...(location?.line && { line: location.line }),
    ...(hint && { hint }),
  };
}
