import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { JsonObject } from '../workspace/index.ts';
import { booleanIn, objectIn } from './document.ts';

/** What a deployment asks to collect: by `ModelDataCollector` (v1), or by `Collector` as a configuration (v2). */
export type DataCollection =
  | { readonly generation: 'v1' }
  | { readonly generation: 'v2'; readonly config: JsonObject };

/** `dataCollection.storageEnabled` of a v1 deployment configuration. */
export function collectionOfConfig(config: JsonObject): DataCollection | undefined {
  const asked = objectIn(config, 'dataCollection');
  const enabled = asked !== undefined && booleanIn(asked, 'storageEnabled') === true;
  return enabled ? { generation: 'v1' } : undefined;
}

/** `data_collector` of a v2 deployment; undefined where none of its collections is switched on. */
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
 * The variables that switch the collectors on, as the cloud sets them (docs/reference/azureml.md#data-collection); v2's
 * names a file, made here.
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

/** YAML of v2 has the text 'True' or a boolean. */
const isOn = (value: unknown) => String(value).toLowerCase() === 'true';

/** Of a rate from 0 to 1; all where none is given. */
function percentage(rate: unknown): number {
  return typeof rate === 'number' ? Math.round(rate * 100) : 100;
}
