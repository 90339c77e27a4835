import { userError } from '../../base/index.ts';
import type { UseKind } from '../../control/index.ts';

/** The users of a control plane, which ends with the last one. */
export class Users {
  readonly #onLastLeft: () => void;
  readonly #running = new Set<symbol>();
  /** The one that keeps it running without a command. */
  #keeper: 'terminal' | 'detached' | undefined;

  constructor(onLastLeft: () => void) {
    this.#onLastLeft = onLastLeft;
  }

  get isIdle(): boolean {
    return this.#running.size === 0;
  }

  /**
   * @returns a function that ends the use; it has no effect on a detached one.
   * @throws ALREADY_RUNNING if another one keeps it running.
   */
  add(kind: UseKind): () => void {
    if (kind !== 'command' && this.#keeper) {
      throw userError('ALREADY_RUNNING', `the Azure control plane already runs (process ${process.pid})`, {
        hint: 'print its variables with: triton-local azure env; stop it with: triton-local azure down',
      });
    }
    if (kind !== 'command') this.#keeper = kind;
    const user = Symbol(kind);
    this.#running.add(user);
    return () => {
      if (kind === 'detached' || !this.#running.delete(user)) return;
      if (kind === 'terminal') this.#keeper = undefined;
      if (this.isIdle) this.#onLastLeft();
    };
  }
}
