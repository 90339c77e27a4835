import type { ReloadAction } from '../events/index.ts';
import type { ModelSnapshot } from '../repository/index.ts';
import { keyOf, modelKey, type ProjectSnapshot } from './plan.ts';

/**
 * What the target was last given, for each model and for the workers, whether it applied or refused it. Refused content
 * counts as given, so it is not tried again until it changes; returning to the good content is then an ordinary change,
 * which clears the failure without a special rule. Superseded content does not count.
 */
export interface Served {
  readonly content: ProjectSnapshot;
  /** Keys of what was refused. A manual reload tries these again although their content is unchanged. */
  readonly refused: ReadonlySet<string>;
}

/** Records that the target was given the content of `snapshot` for these actions. */
export function withGiven(
  served: Served,
  snapshot: ProjectSnapshot,
  actions: Iterable<ReloadAction>,
  isRefused: (action: ReloadAction) => boolean,
): Served {
  const models = new Map(served.content.repository?.models);
  const refused = new Set(served.refused);
  let { sources } = served.content;
  for (const action of actions) {
    const model = snapshot.repository?.models.get(action.target);
    if (action.kind === 'swap-workers') sources = snapshot.sources;
    else if (model) models.set(action.target, model);
    else models.delete(action.target);
    if (isRefused(action)) refused.add(keyOf(action));
    else refused.delete(keyOf(action));
  }
  const repository = snapshot.repository ?? served.content.repository;
  return { content: { sources, repository: repository && { ...repository, models } }, refused };
}

/** Records a model that was loaded without a plan. */
export function withLoaded(served: Served, model: ModelSnapshot): Served {
  const { repository } = served.content;
  if (!repository) return served;
  const models = new Map(repository.models).set(model.name, model);
  const refused = new Set(served.refused);
  refused.delete(modelKey(model.name));
  return { content: { ...served.content, repository: { ...repository, models } }, refused };
}
