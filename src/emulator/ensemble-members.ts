import type { ProjectConfig } from '../config/index.ts';
import { readModelDefinition } from '../repository/index.ts';

/** The models that an ensemble of the user's repository consists of, at any depth: they are loaded with it. */
export async function membersOf({ models }: Pick<ProjectConfig, 'models'>, model: string): Promise<string[]> {
  if (models?.kind !== 'repository') return [];
  const found = new Set<string>([model]);
  for (const name of found) {
    const definition = await readModelDefinition(models.directory, name).catch(() => undefined);
    for (const step of definition?.config.ensemble_scheduling?.step ?? []) found.add(step.model_name);
  }
  found.delete(model);
  return [...found];
}
