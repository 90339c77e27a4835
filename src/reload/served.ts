import type { ReloadAction } from '../events/index.ts';
import type { ModelSnapshot } from '../repository/index.ts';
import { keyOf, modelKey, type ProjectSnapshot } from './plan.ts';

/**
 * What the target was last given, model by model and for the workers: applied or refused to the end. A refused
 * content counts as given, so it is not tried again until it changes; going back to the good content is then a
 * change like any other, which clears the failure without a rule of its own. What was overtaken does not count.
 */
export class Served {
  #content: ProjectSnapshot;
  readonly #refused = new Set<string>();

  /** @param refused keys of what `initial` holds and the target refused when it started */
  constructor(initial: ProjectSnapshot, refused: Iterable<string> = []) {
    this.#content = initial;
    for (const key of refused) this.#refused.add(key);
  }

  get content(): ProjectSnapshot {
    return this.#content;
  }

  /** Takes over what `snapshot` holds for these actions. */
  record(
    snapshot: ProjectSnapshot,
    actions: Iterable<ReloadAction>,
    isRefused: (action: ReloadAction) => boolean,
  ) {
    const models = new Map(this.#content.repository?.models);
    let { sources } = this.#content;
    for (const action of actions) {
      if (action.kind === 'swap-workers') sources = snapshot.sources;
      else setOrDelete(models, action.target, snapshot.repository?.models.get(action.target));
      if (isRefused(action)) this.#refused.add(keyOf(action));
      else this.#refused.delete(keyOf(action));
    }
    const repository = snapshot.repository ?? this.#content.repository;
    this.#content = { sources, repository: repository && { ...repository, models } };
  }

  /** Takes over a model that was loaded without a plan. */
  accept(model: ModelSnapshot): void {
    const { repository } = this.#content;
    if (!repository) return;
    const models = new Map(repository.models).set(model.name, model);
    this.#content = { ...this.#content, repository: { ...repository, models } };
    this.#refused.delete(modelKey(model.name));
  }

  /** Keys of what was refused, which a reload by hand tries again though its content is the same. */
  get refused(): Iterable<string> {
    return this.#refused;
  }
}

function setOrDelete(
  models: Map<string, ModelSnapshot>,
  name: string,
  model: ModelSnapshot | undefined,
): void {
  if (model) models.set(name, model);
  else models.delete(name);
}
