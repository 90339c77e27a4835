import type { EmulatorEvent } from '../events/index.ts';

/** One readiness probe may take this long; a later answer counts as a failure. */
const PROBE_LIMIT_MS = 2_000;

/**
 * Whether both listeners answer: `GET /v2/health/ready` of the engine and `GET /` of the scoring service. Checked over
 * HTTP, as a client would, so that "ready" is always verified.
 */
export async function isReady(engineUrl: string | undefined, scoringUrl: string): Promise<boolean> {
  const urls = [scoringUrl, ...(engineUrl === undefined ? [] : [`${engineUrl}/v2/health/ready`])];
  const answers = await Promise.all(urls.map(answersOk));
  return answers.every(Boolean);
}

async function answersOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_LIMIT_MS) });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}

/** Tracks whether the emulator is ready. */
export class Readiness {
  readonly #probe: () => Promise<boolean>;
  readonly #report: (ready: boolean) => Promise<void>;
  #ready: boolean | undefined;
  #checking: Promise<void> | undefined;
  #again = false;

  /** @param report called with the first result, with every change, and again while it stays unready */
  constructor(probe: () => Promise<boolean>, report: (ready: boolean) => Promise<void>) {
    this.#probe = probe;
    this.#report = report;
  }

  /** The last result; undefined before the first. */
  get ready(): boolean | undefined {
    return this.#ready;
  }

  /** Probes now; if a probe is running, probes again after it. */
  check(): Promise<void> {
    if (this.#checking) this.#again = true;
    this.#checking ??= this.#run().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  /** Probes after an event that may have changed readiness. */
  follow(event: EmulatorEvent): void {
    const mayHaveChanged =
      event.type === 'reload.completed' ||
      event.type === 'reload.failed' ||
      (event.type === 'model.state' &&
        (event.state === 'UNAVAILABLE' || (event.state === 'READY' && this.#ready !== true)));
    // A report that fails is repeated after the next event.
    if (mayHaveChanged) this.check().catch(() => undefined);
  }

  async #run(): Promise<void> {
    do {
      this.#again = false;
      const ready = await this.#probe();
      // While it stays unready, what blocks it may have changed.
      if (this.#again || (ready && this.#ready === true)) continue;
      this.#ready = ready;
      await this.#report(ready);
    } while (this.#again);
  }
}
