import type { BareTriton } from './triton-process.ts';

const MAX_RUNS = 3;

/** A real `tritonserver` that is started again when it has died: 2.51 does now and then. */
export class RestartingTriton implements AsyncDisposable {
  readonly #startAgain: () => Promise<BareTriton>;
  #server: BareTriton;
  #restarting: Promise<void> | undefined;

  /** @param startAgain starts the one that takes the place of a server that died */
  constructor(server: BareTriton, startAgain: () => Promise<BareTriton>) {
    this.#server = server;
    this.#startAgain = startAgain;
  }

  get server(): BareTriton {
    return this.#server;
  }

  /**
   * Runs a comparison, and runs it again with a new server if the old one died meanwhile. A difference between living
   * servers fails at once.
   */
  async whileAlive(compare: () => Promise<void>): Promise<void> {
    for (let run = 1; ; run += 1) {
      if (this.#server.hasExited()) this.#restarting ??= this.#restart();
      await this.#restarting;
      const compared = this.#server;
      try {
        return await compare();
      } catch (error) {
        if (run === MAX_RUNS || (compared === this.#server && !(await dies(compared)))) throw error;
      }
    }
  }

  async #restart(): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    this.#server = await this.#startAgain();
    this.#restarting = undefined;
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#server[Symbol.asyncDispose]();
  }
}

/** Whether a server has died or is about to; resolves once it has. */
async function dies(server: BareTriton): Promise<boolean> {
  const live = await fetch(`http://127.0.0.1:${server.port}/v2/health/live`).catch(() => undefined);
  if (live?.ok) return false;
  await server.exited;
  return true;
}
