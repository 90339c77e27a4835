import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type AzureWorkspace, copyContent, type ModelRecord } from '../workspace/index.ts';
import type { EnvironmentPlan } from './environment-plan.ts';
import type { InferenceConfig } from './inference-config.ts';
import { refusal } from './refusal.ts';
import { findTritonLayout, isTritonModel } from './triton-layout.ts';

/** The files of a deployment as in the container, inside a folder of ours instead of `/var/azureml-app`. */
export interface AppFolder {
  /** The project folder that `up` gets: it holds only `app` and the conda file, so that nothing else is detected. */
  readonly projectDir: string;
  /** `AML_APP_ROOT`: the working directory of the script. */
  readonly root: string;
  /** Undefined for a no-code deployment. */
  readonly entryScript: string | undefined;
  /** The copy of the source directory; like the app root, it is on Python's search path. */
  readonly sourceDirectory: string | undefined;
  /** `AZUREML_MODEL_DIR` relative to the root (docs/reference/azureml.md#azureml_model_dir). */
  readonly modelDirectory: string;
  /** Undefined for a deployment without a Triton model. */
  readonly repository: string | undefined;
  readonly condaFile: string | undefined;
}

const MODELS = 'azureml-models';

/**
 * Lays out a deployment (docs/reference/azureml.md#files-in-the-container): `azureml-models/NAME/VERSION/ENTRY`, and
 * the source directory under its own name, or the script alone.
 * @throws AZUREML_REFUSED if Triton could not find its models in the container.
 */
export async function layOutApp(
  projectDir: string,
  workspace: AzureWorkspace,
  models: readonly ModelRecord[],
  inference: InferenceConfig | undefined,
  environment: EnvironmentPlan | undefined,
): Promise<AppFolder> {
  const root = path.join(projectDir, 'app');
  await mkdir(root, { recursive: true });
  const repositories: string[] = [];
  for (const model of models) {
    const entry = path.join(root, MODELS, model.name, String(model.version), model.entry);
    await copyContent(workspace.contentOf(model), entry);
    const layout = await findTritonLayout(entry);
    if (layout) repositories.push(layout.repository);
    // A single model for a container of Triton: nothing else is beside it here.
    else if (!inference && (await isTritonModel(entry))) repositories.push(path.dirname(entry));
  }
  const [repository, second] = repositories;
  if (second !== undefined) {
    throw refusal('more than one model holds a Triton model repository', {
      hint: 'Triton serves one repository: put the models into one folder and register that folder',
    });
  }
  const [only, other] = models;
  const sourceDirectory =
    inference?.sourceDirectory && path.join(root, path.basename(inference.sourceDirectory));
  if (inference)
    await copyContent(inference.sourceDirectory ?? inference.entryScript, placeOf(root, inference));
  const condaFile = environment?.conda && path.join(projectDir, 'conda.yml');
  if (condaFile !== undefined) await writeFile(condaFile, environment?.conda?.text ?? '');
  return {
    projectDir,
    root,
    entryScript: inference && path.join(sourceDirectory ?? root, inference.entryName),
    sourceDirectory,
    modelDirectory: only && !other ? `${MODELS}/${only.name}/${only.version}` : MODELS,
    repository,
    condaFile,
  };
}

function placeOf(root: string, { sourceDirectory, entryScript }: InferenceConfig): string {
  return path.join(root, path.basename(sourceDirectory ?? entryScript));
}
