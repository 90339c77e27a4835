import path from 'node:path';
import type { ModelSource, ProjectConfig } from '../config/index.ts';

/**
 * The environment of the entry script: ours, and the location of the models. `$AZUREML_MODEL_DIR` is the parent of the
 * registered folder, so that a script's `$AZUREML_MODEL_DIR/models/triton/...` is valid here as in the cloud
 * (docs/reference/azureml.md#azureml_model_dir); a value that the user sets wins.
 */
export function scriptEnvironment(config: ProjectConfig): Record<string, string> {
  return { AZUREML_MODEL_DIR: modelDirectory(config.models, config.projectDir), ...config.environment };
}

function modelDirectory(models: ModelSource | undefined, projectDir: string): string {
  if (!models) return projectDir;
  if (models.kind === 'onnx-file') return path.dirname(models.file);
  const registered =
    path.basename(models.directory) === 'triton' ? path.dirname(models.directory) : models.directory;
  return path.dirname(registered);
}
