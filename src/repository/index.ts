// Repository: Triton's model repository on disk: scan, config.pbtxt, versions, auto-complete, snapshots, staging.
// It knows files and configurations; it refuses to run a model.
import type { ModelConfig, ModelOutput } from './model-config.ts';
import type { OnnxInterface } from './onnx-interface.ts';
import type { ModelSnapshot, RepositorySnapshot } from './snapshot.ts';

export type * from './model-config.ts';
export type { OnnxInterface, OnnxTensor } from './onnx-interface.ts';
export type { ModelSnapshot, RepositorySnapshot, SnapshotFile } from './snapshot.ts';

/** One version that the version policy chose. */
export interface ModelVersion {
  /** Decimal, as in the directory's name. */
  readonly version: string;
  readonly directory: string;
  /** Absolute path of the model's file in it; whether it exists is the backend's business. */
  readonly modelFile: string;
}

/** A model as its folder declares it, before its backend has looked into the model file. */
export interface ModelDefinition {
  readonly name: string;
  readonly directory: string;
  /** The `config.pbtxt`, or undefined where there is none. */
  readonly configFile: string | undefined;
  /** Normalized: defaults are in, the core's rules hold. */
  readonly config: ModelConfig;
  /** Ascending by number. */
  readonly versions: readonly ModelVersion[];
}

/** A staged model that can still be taken back. */
export interface StagedModel {
  /** Where the model's folder lies now. */
  readonly directory: string;
  /** Forgets the previous files. */
  commit(): Promise<void>;
  /** Puts the previous files back, or removes the folder where there were none. */
  rollback(): Promise<void>;
}

export declare function parseModelConfigText(text: string, file: string): ModelConfig;
export declare function parseModelConfigJson(json: string): ModelConfig;
export declare function readModelDefinition(
  repositoryDirectory: string,
  name: string,
  override?: ModelConfig,
): Promise<ModelDefinition>;
export declare function completeOnnxConfig(config: ModelConfig, onnx: OnnxInterface): ModelConfig;
export declare function checkOnnxInterface(config: ModelConfig, onnx: OnnxInterface): void;
export declare function validateModelConfig(config: ModelConfig): void;
export declare function modelConfigJson(config: ModelConfig): unknown;
export declare function readLabels(
  definition: ModelDefinition,
  output: ModelOutput,
): Promise<readonly string[]>;
export declare function listModelDirectories(repositoryDirectory: string): Promise<string[]>;
export declare function scanRepository(
  directory: string,
  previous?: RepositorySnapshot,
): Promise<RepositorySnapshot>;
export declare function snapshotOnnxFile(file: string, modelName: string): Promise<ModelSnapshot>;
export declare function stageModel(
  snapshot: ModelSnapshot,
  repositoryDirectory: string,
): Promise<StagedModel>;
export declare function unstageModel(name: string, repositoryDirectory: string): Promise<void>;
