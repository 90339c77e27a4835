// Repository: Triton's model repository on disk: scan, config.pbtxt, versions, auto-complete, snapshots, staging.
// It knows files and configurations; it refuses to run a model.

export { type FieldPath, invalidConfig, ModelConfigError, type ModelErrorStatus } from './config-error.ts';
export { parseModelConfigJson } from './config-json.ts';
export { locateConfigError } from './config-location.ts';
export { encodeModelConfig, modelConfigJson } from './config-message.ts';
export { modelConfigText, parseModelConfigText } from './config-text.ts';
export { stampOf } from './file-content.ts';
export { type FileKind, recognizeFile } from './file-kind.ts';
export { readLabels } from './labels.ts';
export { explainMissingFile } from './missing-file.ts';
export type * from './model-config.ts';
export {
  checkModelName,
  listModelDirectories,
  type ModelDefinition,
  readModelDefinition,
} from './model-definition.ts';
export { findModelNotices, type ModelNotice, type NoticeOptions } from './model-notices.ts';
export { gpuGroupsAsAuto, resolveInstanceGroups } from './normalize.ts';
export { checkOnnxBackend } from './onnx-backend.ts';
export { checkOnnxInterface } from './onnx-check.ts';
export { completeOnnxConfig } from './onnx-complete.ts';
export { type OnnxHeader, type OnnxValueKind, readOnnxHeader } from './onnx-header.ts';
export type { OnnxInterface, OnnxTensor } from './onnx-interface.ts';
export { readOnnxParameters } from './onnx-parameters.ts';
export { completePythonConfig } from './python-complete.ts';
export type { RepositoryAction, RepositorySync, RepositoryTurn } from './repository-sync.ts';
export { scanModel, scanRepository, snapshotOnnxFile } from './scan.ts';
export type { ModelSnapshot, RepositorySnapshot, SnapshotFile } from './snapshot.ts';
export { type StagedModel, stageModel, unstageModel } from './stage.ts';
export { missingBackendText } from './triton-backends.ts';
export { UserPaths } from './user-paths.ts';
export { validateModelConfig } from './validate.ts';
export { type SequenceControlTensor, sequenceControls } from './validate-sequence.ts';
export type { ModelVersion } from './versions.ts';
