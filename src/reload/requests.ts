import { systemError, type TritonLocalError, userError } from '../base/index.ts';
import type { Failure } from '../events/index.ts';

interface Request {
  readonly model: string | undefined;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  failure: Failure | undefined;
}

/** Manual reload requests that wait for an answer. */
export class Requests {
  #new: Request[] = [];
  #waiting: Request[] = [];

  ask(model: string | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#new.push({ model, resolve, reject, failure: undefined });
    });
  }

  get open(): boolean {
    return this.#new.length + this.#waiting.length > 0;
  }

  /** The models named since the last call; undefined if nothing was requested. */
  take(): string[] | undefined {
    if (this.#new.length === 0) return undefined;
    const taken = this.#new;
    this.#new = [];
    this.#waiting.push(...taken);
    return taken.map(({ model }) => model).filter((model) => model !== undefined);
  }

  /** Rejects requests for a model that does not exist. @returns whether there were any */
  refuseUnknown(known: readonly string[]): boolean {
    const refused = this.#waiting.filter(({ model }) => model !== undefined && !known.includes(model));
    for (const request of refused) request.reject(unknownModel(request.model, known));
    this.#waiting = this.#waiting.filter((request) => !refused.includes(request));
    return refused.length > 0;
  }

  noteFailure(failure: Failure): void {
    for (const request of this.#waiting) request.failure ??= failure;
  }

  answer(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { failure, resolve, reject } of waiting) {
      if (failure) reject(toError(failure));
      else resolve();
    }
  }

  close(): void {
    const open = [...this.#new, ...this.#waiting];
    this.#new = [];
    this.#waiting = [];
    for (const { reject } of open)
      reject(systemError('RELOAD_STOPPED', 'stopped before the reload was done'));
  }
}

function unknownModel(name: string | undefined, known: readonly string[]): TritonLocalError {
  return userError('RELOAD_MODEL_UNKNOWN', `there is no model '${name}' in the model repository`, {
    hint: known.length > 0 ? `it holds ${[...known].sort().join(', ')}` : 'it holds no model',
  });
}

function toError({ code, message, file, line, hint }: Failure): TritonLocalError {
  return userError(code, message, {
    ...(hint !== undefined && { hint }),
    ...(file !== undefined && { location: { file, ...(line !== undefined && { line }) } }),
  });
}
