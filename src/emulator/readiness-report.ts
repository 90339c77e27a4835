import type { ProjectConfig } from '../config/index.ts';
import type { EngineAddresses } from '../engines/index.ts';
import { type Blocker, type EventBus, findBlockers, type StateStore } from '../events/index.ts';
import type { Generations } from './generations.ts';
import { sampleRequest } from './sample-request.ts';
import type { ScoringListener } from './scoring-listener.ts';

export interface ReadinessReportParts {
  readonly config: ProjectConfig;
  readonly scoring: ScoringListener;
  readonly generations: Generations | undefined;
  /** Where clients reach the engine. */
  readonly addresses: EngineAddresses;
  /** When the start began, by `performance.now()`. */
  readonly startedAt: number;
  readonly store: StateStore;
  readonly events: EventBus;
}

/** Reports where the emulator answers, and whether it is ready or what keeps it from being ready. */
export class ReadinessReport {
  readonly #parts: ReadinessReportParts;
  /** A request body to try the script with. */
  #sample: string | undefined;
  #startMs: number | undefined;

  constructor(parts: ReadinessReportParts) {
    this.#parts = parts;
  }

  get addresses(): EngineAddresses {
    return this.#parts.addresses;
  }

  /** What `emulator.ready` says to try the script with; undefined before. */
  get sample(): string | undefined {
    return this.#sample;
  }

  /** Emits `emulator.ready`, or `emulator.degraded` unless the last one said the same. */
  async emit(ready: boolean): Promise<void> {
    const { config, scoring, addresses, events } = this.#parts;
    const deployment: 'script' | 'no-code' = config.script ? 'script' : 'no-code';
    const facts = { scoringUri: scoring.uri, ...addresses, deployment };
    if (!ready) {
      const blockers = [...findBlockers(this.#parts.store.state)];
      if (!this.#isKnown(facts.scoringUri, blockers)) {
        events.emit({ type: 'emulator.degraded', ...facts, blockers });
      }
      return;
    }
    const sample = await this.#findSample();
    this.#startMs ??= performance.now() - this.#parts.startedAt;
    events.emit({
      type: 'emulator.ready',
      ...facts,
      startMs: this.#startMs,
      ...(sample !== undefined && { sample }),
    });
  }

  #isKnown(scoringUri: string, blockers: readonly Blocker[]): boolean {
    const { state } = this.#parts.store;
    return (
      state.state === 'degraded' &&
      state.scoringUri === scoringUri &&
      namesOf(state.blockers) === namesOf(blockers)
    );
  }

  async #findSample(): Promise<string | undefined> {
    const { config, generations } = this.#parts;
    const { projectDir, script } = config;
    if (script) this.#sample ??= await sampleRequest(projectDir, script, generations?.current?.swagger);
    return this.#sample;
  }
}

function namesOf(blockers: readonly Blocker[]): string {
  return blockers.map(({ kind, name }) => `${kind} ${name}`).join('\n');
}
