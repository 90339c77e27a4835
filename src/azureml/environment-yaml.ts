import path from 'node:path';
import type { AzureWorkspace, JsonObject } from '../workspace/index.ts';
import { type Document, objectIn } from './document.ts';
import { registerEnvironment } from './environments.ts';
import { refusal } from './refusal.ts';
import { withFlags } from './settings-path.ts';
import { checkFile } from './yaml/index.ts';

/**
 * An environment of v2 (docs/reference/azureml.md#online-endpoints-and-deployments) as the definition that v1 has for
 * it: `image`, `conda_file` (a path relative to `base`, or the content) and variables. What v1 does not know stays in
 * it.
 * @throws AZUREML_REFUSED where it has neither or both of `image` and `build`, as azure-ai-ml's Environment says it.
 */
export function environmentFromYaml(value: JsonObject, base: string): JsonObject {
  const { conda_file: condaFile, image, build, ...rest } = value;
  if (image == null && build == null)
    throw refusal('Docker image or Dockerfile is required for environments');
  if (image != null && build != null) throw refusal('Docker image or Dockerfile should be provided not both');
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

/** `az ml environment create`: the file with the flags laid over it; the conda file that it names is read now. */
export async function createEnvironment(
  workspace: AzureWorkspace,
  document: Document | undefined,
  flags: JsonObject,
  set: readonly string[],
): Promise<JsonObject> {
  const value = checkFile(withFlags(document, flags, set), 'EnvironmentSchema', document);
  return registerEnvironment(workspace, environmentFromYaml(value, path.dirname(document?.file ?? '.')));
}
