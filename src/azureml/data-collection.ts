import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { JsonObject } from '../workspace/index.ts';
import { booleanIn, objectIn } from './document.ts';

/** Data collection of a deployment: through `ModelDataCollector` (v1), or `Collector` with a configuration (v2). */
export type DataCollection =
  | { readonly generation: 'v1' }
  | { readonly generation: 'v2'; readonly config: JsonObject };

/** `dataCollection.storageEnabled` of a v1 deployment configuration. */
export function collectionOfConfig(config: JsonObject): DataCollection | undefined {
  const asked = objectIn(config, 'dataCollection');
  const enabled = asked !== undefined && booleanIn(asked, 'storageEnabled') === true;
  return enabled ? { generation: 'v1' } : undefined;
}

/** `data_collector` of a v2 deployment; undefined if all of its collections are off. */
export function collectionOfDeployment(value: JsonObject): DataCollection | undefined {
  const collector = objectIn(value, 'data_collector');
  const named = (collector && objectIn(collector, 'collections')) ?? {};
  const enabled = Object.keys(named).filter((name) => isOn(objectIn(named, name)?.enabled));
  if (enabled.length === 0) return undefined;
  const collections = enabled.map((name) => [
    name,
    {
      enabled: true,
      sampleRatePercentage: percentage(objectIn(named, name)?.sampling_rate ?? collector?.sampling_rate),
    },
  ]);
  return { generation: 'v2', config: { runMode: 'local', collections: Object.fromEntries(collections) } };
}

/**
 * The variables that switch on the collectors, as in the cloud (docs/reference/azureml.md#data-collection). For v2,
 * writes the file they name.
 */
export async function collectionVariables(
  collection: DataCollection | undefined,
  directory: string,
): Promise<Record<string, string>> {
  if (!collection) return {};
  if (collection.generation === 'v1') return { AML_MODEL_DC_STORAGE_ENABLED: 'true' };
  const file = path.join(directory, 'mdc-config.json');
  await writeFile(file, JSON.stringify(collection.config));
  return { AZUREML_MDC_CONFIG_PATH: file };
}

/** v2 YAML has the string 'True' or a boolean. */
const isOn = (value: unknown) => String(value).toLowerCase() === 'true';

/** Converts a rate from 0 to 1; 100 if none is given. */
function percentage(rate: unknown): number {
  return typeof rate === 'number' ? Math.round(rate * 100) : 100;
}
