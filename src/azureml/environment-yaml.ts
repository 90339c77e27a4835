import path from 'node:path';
import type { AzureWorkspace, JsonObject } from '../workspace/index.ts';
import { type Document, objectIn, textIn } from './document.ts';
import { registerEnvironment } from './environments.ts';
import { refusal } from './refusal.ts';

/**
 * An environment of v2 (azureml.md 5.1) as the definition that v1 has for it: `image`, `conda_file` (a path relative
 * to `base`, or the content) and variables. What v1 does not know stays in it.
 * @throws AZUREML_REFUSED where it has neither or both of `image` and `build`.
 */
export function environmentFromYaml(value: JsonObject, base: string): JsonObject {
  const { conda_file: condaFile, image, build, ...rest } = value;
  if (image != null && build != null)
    throw refusal('Cannot specify both image and build properties in an environment: use one of them');
  if (condaFile != null && image == null)
    throw refusal('conda_file is only supported with image in an environment');
  const dependencies =
    typeof condaFile === 'string'
      ? { condaDependenciesFile: path.resolve(base, condaFile) }
      : { condaDependencies: objectIn(value, 'conda_file') };
  return {
    ...rest,
    ...(value.version != null && { version: String(value.version) }),
    python: dependencies,
    docker: { baseImage: image ?? null, build: build ?? null },
    environmentVariables: objectIn(value, 'environment_variables') ?? {},
  };
}

/** `az ml environment create --file`: the conda file that it names is read now. */
export async function createEnvironment(
  workspace: AzureWorkspace,
  document: Document,
  over: { readonly name: string | undefined; readonly version: string | undefined },
): Promise<JsonObject> {
  const definition = environmentFromYaml(document.value, path.dirname(document.file));
  const name = over.name ?? textIn(definition, 'name');
  const version = over.version ?? textIn(definition, 'version');
  return registerEnvironment(workspace, { ...definition, name, ...(version !== undefined && { version }) });
}
