import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'yaml';
import type {
  AssetMarks,
  AzureWorkspace,
  EnvironmentRecord,
  JsonObject,
  StoredEntry,
} from '../workspace/index.ts';
import { objectIn, parseYaml } from './document.ts';
import { environmentFromYaml } from './environment-yaml.ts';
import { assetExists } from './model-versions.ts';
import { checkAssetName } from './refusal.ts';

/** An environment as the SDK v2 sends it. */
export interface NewEnvironment extends AssetMarks {
  readonly name: string;
  readonly version: string;
  /** In the shape of its YAML file, but without its conda file. */
  readonly value: JsonObject;
  /** The text of its conda file. */
  readonly condaFile: string | undefined;
  readonly buildContext?: StoredEntry;
}

/**
 * Creates an environment version, or changes the description, tags and marks of an existing one.
 * @throws ASSET_EXISTS if a version that is not anonymous is defined in another way; AZUREML_REFUSED,
 * AZUREML_FILE_INVALID
 */
export async function putEnvironmentVersion(
  workspace: AzureWorkspace,
  { name, version, value, condaFile, ...marks }: NewEnvironment,
): Promise<EnvironmentRecord> {
  checkAssetName('environment name', name);
  checkAssetName('version', version);
  const conda = condaFile === undefined ? {} : { conda_file: parseYaml(condaFile, 'conda_file') };
  const definition = environmentFromYaml({ ...value, ...conda, name, version }, '.');
  const before = (await workspace.read()).environments.find(
    (it) => it.name === name && it.version === version,
  );
  if (before && !marks.isAnonymous && !isDeepStrictEqual(essence(before.definition), essence(definition)))
    throw assetExists(`environment ${name}:${version}`);
  const now = new Date().toISOString();
  const createdTime = before?.createdTime ?? now;
  const record = { ...marks, name, version, definition, createdTime, lastModifiedTime: now };
  await workspace.putEnvironment(record);
  return record;
}

/** What makes two environments the same. */
function essence(definition: JsonObject): unknown {
  const { baseImage = null, build = null } = objectIn(definition, 'docker') ?? {};
  const conda = objectIn(definition, 'python')?.condaDependencies ?? null;
  const { inference_config: inference = null } = definition;
  return JSON.parse(JSON.stringify({ baseImage, build, conda, inference }));
}

/** The conda file of a definition as YAML; undefined if it has no packages of its own. */
export function condaTextOf(definition: JsonObject): string | undefined {
  const conda = objectIn(objectIn(definition, 'python') ?? {}, 'condaDependencies');
  return conda && stringify(conda);
}
