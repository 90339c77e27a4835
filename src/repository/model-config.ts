// Triton's ModelConfig as data: field names, nesting and order are those of `model_config.proto`, enums are their
// names, 64-bit integers are numbers. Scalars, lists and maps are always present (proto3 has no "unset" for them);
// message fields are present only when set. Source: model_config.proto as shipped with tritonclient.

/** The type of a tensor's elements. `TYPE_INVALID` means "not given", or a type that a backend cannot serve. */
export type DataType =
  | 'TYPE_INVALID'
  | 'TYPE_BOOL'
  | 'TYPE_UINT8'
  | 'TYPE_UINT16'
  | 'TYPE_UINT32'
  | 'TYPE_UINT64'
  | 'TYPE_INT8'
  | 'TYPE_INT16'
  | 'TYPE_INT32'
  | 'TYPE_INT64'
  | 'TYPE_FP16'
  | 'TYPE_FP32'
  | 'TYPE_FP64'
  | 'TYPE_STRING'
  | 'TYPE_BF16';

/** Fields are in the order in which `GET /v2/models/M/config` prints them. */
export interface ModelConfig {
  readonly name: string;
  readonly platform: string;
  readonly backend: string;
  readonly runtime: string;
  readonly version_policy?: ModelVersionPolicy;
  readonly max_batch_size: number;
  readonly input: readonly ModelInput[];
  readonly output: readonly ModelOutput[];
  readonly batch_input: readonly BatchInput[];
  readonly batch_output: readonly BatchOutput[];
  readonly optimization?: ModelOptimizationPolicy;
  /** At most one of the three schedulers is set. */
  readonly dynamic_batching?: ModelDynamicBatching;
  readonly sequence_batching?: ModelSequenceBatching;
  readonly ensemble_scheduling?: ModelEnsembling;
  readonly instance_group: readonly ModelInstanceGroup[];
  readonly default_model_filename: string;
  readonly cc_model_filenames: Readonly<Record<string, string>>;
  readonly metric_tags: Readonly<Record<string, string>>;
  readonly parameters: Readonly<Record<string, ModelParameter>>;
  readonly model_warmup: readonly ModelWarmup[];
  readonly model_operations?: { readonly op_library_filename: readonly string[] };
  readonly model_transaction_policy?: { readonly decoupled: boolean };
  readonly model_repository_agents?: { readonly agents: readonly ModelRepositoryAgent[] };
  readonly response_cache?: { readonly enable: boolean };
}

/** At most one choice is set. An empty policy means `all`, no policy means `latest: 1`. */
export interface ModelVersionPolicy {
  readonly latest?: { readonly num_versions: number };
  readonly all?: Readonly<Record<string, never>>;
  readonly specific?: { readonly versions: readonly number[] };
}

export interface ModelTensorReshape {
  readonly shape: readonly number[];
}

export interface ModelInput {
  readonly name: string;
  readonly data_type: DataType;
  readonly format: 'FORMAT_NONE' | 'FORMAT_NHWC' | 'FORMAT_NCHW';
  /** -1 is a dimension of any size; the batch dimension is not included. */
  readonly dims: readonly number[];
  readonly reshape?: ModelTensorReshape;
  readonly is_shape_tensor: boolean;
  readonly allow_ragged_batch: boolean;
  readonly optional: boolean;
  readonly is_non_linear_format_io: boolean;
}

export interface ModelOutput {
  readonly name: string;
  readonly data_type: DataType;
  readonly dims: readonly number[];
  readonly reshape?: ModelTensorReshape;
  readonly label_filename: string;
  readonly is_shape_tensor: boolean;
  readonly is_non_linear_format_io: boolean;
}

export interface BatchInput {
  readonly kind:
    | 'BATCH_ELEMENT_COUNT'
    | 'BATCH_ACCUMULATED_ELEMENT_COUNT'
    | 'BATCH_ACCUMULATED_ELEMENT_COUNT_WITH_ZERO'
    | 'BATCH_MAX_ELEMENT_COUNT_AS_SHAPE'
    | 'BATCH_ITEM_SHAPE'
    | 'BATCH_ITEM_SHAPE_FLATTEN';
  readonly target_name: readonly string[];
  readonly data_type: DataType;
  readonly source_input: readonly string[];
}

export interface BatchOutput {
  readonly target_name: readonly string[];
  readonly kind: 'BATCH_SCATTER_WITH_INPUT_SHAPE';
  readonly source_input: readonly string[];
}

export interface PinnedMemoryBuffer {
  readonly enable: boolean;
}

export interface ExecutionAccelerator {
  readonly name: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export interface CudaGraphShape {
  readonly dim: readonly number[];
}

export interface CudaGraphLowerBound {
  readonly batch_size: number;
  readonly input: Readonly<Record<string, CudaGraphShape>>;
}

export interface CudaGraphSpec extends CudaGraphLowerBound {
  readonly graph_lower_bound?: CudaGraphLowerBound;
}

export interface ModelOptimizationPolicy {
  readonly graph?: { readonly level: number };
  readonly priority: 'PRIORITY_DEFAULT' | 'PRIORITY_MAX' | 'PRIORITY_MIN';
  readonly cuda?: {
    readonly graphs: boolean;
    readonly busy_wait_events: boolean;
    readonly graph_spec: readonly CudaGraphSpec[];
    readonly output_copy_stream: boolean;
  };
  readonly execution_accelerators?: {
    readonly gpu_execution_accelerator: readonly ExecutionAccelerator[];
    readonly cpu_execution_accelerator: readonly ExecutionAccelerator[];
  };
  readonly input_pinned_memory?: PinnedMemoryBuffer;
  readonly output_pinned_memory?: PinnedMemoryBuffer;
  readonly gather_kernel_buffer_threshold: number;
  readonly eager_batching: boolean;
}

export interface ModelQueuePolicy {
  readonly timeout_action: 'REJECT' | 'DELAY';
  readonly default_timeout_microseconds: number;
  readonly allow_timeout_override: boolean;
  /** 0 is unlimited. */
  readonly max_queue_size: number;
}

export interface ModelDynamicBatching {
  readonly preferred_batch_size: readonly number[];
  readonly max_queue_delay_microseconds: number;
  readonly preserve_ordering: boolean;
  readonly priority_levels: number;
  readonly default_priority_level: number;
  readonly default_queue_policy?: ModelQueuePolicy;
  /** By priority level, written in decimal. */
  readonly priority_queue_policy: Readonly<Record<string, ModelQueuePolicy>>;
}

export interface SequenceControl {
  readonly kind:
    | 'CONTROL_SEQUENCE_START'
    | 'CONTROL_SEQUENCE_READY'
    | 'CONTROL_SEQUENCE_END'
    | 'CONTROL_SEQUENCE_CORRID';
  readonly int32_false_true: readonly number[];
  readonly fp32_false_true: readonly number[];
  readonly bool_false_true: readonly boolean[];
  readonly data_type: DataType;
}

export interface SequenceInitialState {
  readonly data_type: DataType;
  readonly dims: readonly number[];
  readonly zero_data?: boolean;
  readonly data_file?: string;
  readonly name: string;
}

export interface SequenceState {
  readonly input_name: string;
  readonly output_name: string;
  readonly data_type: DataType;
  readonly dims: readonly number[];
  readonly initial_state: readonly SequenceInitialState[];
  readonly use_same_buffer_for_input_output: boolean;
  readonly use_growable_memory: boolean;
}

export interface ModelSequenceBatching {
  /** At most one strategy is set; neither means `direct`. */
  readonly direct?: {
    readonly max_queue_delay_microseconds: number;
    readonly minimum_slot_utilization: number;
  };
  readonly oldest?: {
    readonly max_candidate_sequences: number;
    readonly preferred_batch_size: readonly number[];
    readonly max_queue_delay_microseconds: number;
    readonly preserve_ordering: boolean;
  };
  readonly max_sequence_idle_microseconds: number;
  readonly control_input: readonly { readonly name: string; readonly control: readonly SequenceControl[] }[];
  readonly state: readonly SequenceState[];
  readonly iterative_sequence: boolean;
}

export interface EnsembleStep {
  readonly model_name: string;
  /** -1 is the latest. */
  readonly model_version: number;
  /** Tensor of the step's model → tensor of the ensemble. */
  readonly input_map: Readonly<Record<string, string>>;
  readonly output_map: Readonly<Record<string, string>>;
  readonly model_namespace: string;
}

export interface ModelEnsembling {
  readonly step: readonly EnsembleStep[];
}

export interface ModelInstanceGroup {
  readonly name: string;
  readonly kind: 'KIND_AUTO' | 'KIND_GPU' | 'KIND_CPU' | 'KIND_MODEL';
  readonly count: number;
  readonly rate_limiter?: {
    readonly resources: readonly {
      readonly name: string;
      readonly global: boolean;
      readonly count: number;
    }[];
    readonly priority: number;
  };
  readonly gpus: readonly number[];
  readonly secondary_devices: readonly { readonly kind: 'KIND_NVDLA'; readonly device_id: number }[];
  readonly profile: readonly string[];
  readonly passive: boolean;
  readonly host_policy: string;
}

export interface ModelParameter {
  readonly string_value: string;
}

/** One of the last three is set. */
export interface ModelWarmupInput {
  readonly data_type: DataType;
  readonly dims: readonly number[];
  readonly zero_data?: boolean;
  readonly random_data?: boolean;
  readonly input_data_file?: string;
}

export interface ModelWarmup {
  readonly name: string;
  readonly batch_size: number;
  readonly inputs: Readonly<Record<string, ModelWarmupInput>>;
  readonly count: number;
}

export interface ModelRepositoryAgent {
  readonly name: string;
  readonly parameters: Readonly<Record<string, string>>;
}
