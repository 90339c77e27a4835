import type { EngineSettings } from '../config/index.ts';
import type { EventSink } from '../events/index.ts';
import { findModelNotices, type ModelSnapshot, type NoticeOptions } from '../repository/index.ts';

/** Logs what Triton ignores or would refuse in the models' folders, once for each state of a model. */
export class ModelNotices {
  readonly #events: EventSink;
  readonly #options: NoticeOptions;
  readonly #logged = new Map<string, string>();

  /** @param settings if `image` names a release of Triton, models are checked against that release */
  constructor(events: EventSink, settings: EngineSettings) {
    this.#events = events;
    this.#options = { release: releaseOf(settings.image), settings };
  }

  /** Never fails: notices are only extra information, and unreadable files fail the load itself. */
  async log(models: Iterable<ModelSnapshot>): Promise<void> {
    for (const model of models) {
      if (this.#logged.get(model.name) === model.fingerprint) continue;
      this.#logged.set(model.name, model.fingerprint);
      const notices = await findModelNotices(model, this.#options).catch(() => []);
      for (const { message, hint } of notices) {
        const text = `model ${model.name}: ${message}\n  ${hint}`;
        this.#events.emit({ type: 'log.line', source: 'emulator', level: 'warning', text });
      }
    }
  }
}

/** `24.10` of `24.10` and of `nvcr.io/nvidia/tritonserver:24.10-py3`. */
function releaseOf(image: string | undefined): string | undefined {
  return /(?:^|:)(\d\d\.\d\d)(?:-|$)/.exec(image?.trim() ?? '')?.[1];
}
