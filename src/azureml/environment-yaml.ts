import path from 'node:path';
import type { AzureWorkspace, JsonObject } from '../workspace/index.ts';
import { type Document, objectIn } from './document.ts';
import { registerEnvironment } from './environments.ts';
import { refusal } from './refusal.ts';
import { withFlags } from './settings-path.ts';
import { checkFile } from './yaml/index.ts';

/**
 * Converts a v2 environment (docs/reference/azureml.md#online-endpoints-and-deployments) to a v1 definition: `image`,
 * `conda_file` (a path relative to `base`, or the content) and variables. Members unknown to v1 are kept.
 * @throws AZUREML_REFUSED with azure-ai-ml's message if it has neither or both of `image` and `build`.
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

/** `az ml environment create`: the file with the flags applied; its conda file is read now. */
export async function createEnvironment(
  workspace: AzureWorkspace,
  document: Document | undefined,
  flags: JsonObject,
  set: readonly string[],
): Promise<JsonObject> {
  const value = checkFile(withFlags(document, flags, set), 'EnvironmentSchema', document);
  return registerEnvironment(workspace, environmentFromYaml(value, path.dirname(document?.file ?? '.')));
}
