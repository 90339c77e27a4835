import type {
  BatchInput,
  BatchOutput,
  CudaGraphLowerBound,
  CudaGraphShape,
  CudaGraphSpec,
  EnsembleStep,
  ExecutionAccelerator,
  ModelConfig,
  ModelDynamicBatching,
  ModelEnsembling,
  ModelInput,
  ModelInstanceGroup,
  ModelOptimizationPolicy,
  ModelOutput,
  ModelParameter,
  ModelQueuePolicy,
  ModelRepositoryAgent,
  ModelSequenceBatching,
  ModelTensorReshape,
  ModelVersionPolicy,
  ModelWarmup,
  ModelWarmupInput,
  PinnedMemoryBuffer,
  SequenceControl,
  SequenceInitialState,
  SequenceState,
} from './model-config.ts';

/**
 * What the embedded engine does with a field of `ModelConfig` in an ONNX model.
 * - `served`: it has the same effect as on Triton
 * - `checked`: it is refused if Triton refuses it, and otherwise has no effect on a CPU, as on Triton
 * - `refused`: Triton would serve it; we refuse the load and name the engine that serves it
 * - `ignored`: Triton's core and its ONNX Runtime backend ignore it on a CPU, and so do we
 */
export type FieldTreatment = 'served' | 'checked' | 'refused' | 'ignored';

export type FieldSupport = readonly [treatment: FieldTreatment, note?: string];

type Fields<Message> = { readonly [Name in keyof Required<Message>]: FieldSupport };
type Present<Message, Name extends keyof Message> = NonNullable<Message[Name]>;

const SEQUENCE: FieldSupport = ['served'];
const ENSEMBLE: FieldSupport = ['served'];
const GPU_ONLY: FieldSupport = ['ignored', 'GPUs only'];
const TENSORRT_ONLY: FieldSupport = ['checked', 'refused for all but TensorRT'];

/**
 * Every field of every message: the type check fails if a field of our type is missing, a test if one of the proto
 * is.
 */
export const FIELD_SUPPORT: {
  readonly ModelConfig: Fields<ModelConfig>;
  readonly ModelVersionPolicy: Fields<ModelVersionPolicy>;
  readonly Latest: Fields<Present<ModelVersionPolicy, 'latest'>>;
  readonly Specific: Fields<Present<ModelVersionPolicy, 'specific'>>;
  readonly ModelInput: Fields<ModelInput>;
  readonly ModelOutput: Fields<ModelOutput>;
  readonly ModelTensorReshape: Fields<ModelTensorReshape>;
  readonly BatchInput: Fields<BatchInput>;
  readonly BatchOutput: Fields<BatchOutput>;
  readonly ModelOptimizationPolicy: Fields<ModelOptimizationPolicy>;
  readonly Graph: Fields<Present<ModelOptimizationPolicy, 'graph'>>;
  readonly Cuda: Fields<Present<ModelOptimizationPolicy, 'cuda'>>;
  readonly GraphSpec: Fields<CudaGraphSpec>;
  readonly LowerBound: Fields<CudaGraphLowerBound>;
  readonly Shape: Fields<CudaGraphShape>;
  readonly ExecutionAccelerators: Fields<Present<ModelOptimizationPolicy, 'execution_accelerators'>>;
  readonly Accelerator: Fields<ExecutionAccelerator>;
  readonly PinnedMemoryBuffer: Fields<PinnedMemoryBuffer>;
  readonly ModelDynamicBatching: Fields<ModelDynamicBatching>;
  readonly ModelQueuePolicy: Fields<ModelQueuePolicy>;
  readonly ModelSequenceBatching: Fields<ModelSequenceBatching>;
  readonly StrategyDirect: Fields<Present<ModelSequenceBatching, 'direct'>>;
  readonly StrategyOldest: Fields<Present<ModelSequenceBatching, 'oldest'>>;
  readonly ControlInput: Fields<ModelSequenceBatching['control_input'][number]>;
  readonly Control: Fields<SequenceControl>;
  readonly State: Fields<SequenceState>;
  readonly InitialState: Fields<SequenceInitialState>;
  readonly ModelEnsembling: Fields<ModelEnsembling>;
  readonly Step: Fields<EnsembleStep>;
  readonly ModelInstanceGroup: Fields<ModelInstanceGroup>;
  readonly ModelRateLimiter: Fields<Present<ModelInstanceGroup, 'rate_limiter'>>;
  readonly Resource: Fields<Present<ModelInstanceGroup, 'rate_limiter'>['resources'][number]>;
  readonly SecondaryDevice: Fields<ModelInstanceGroup['secondary_devices'][number]>;
  readonly ModelParameter: Fields<ModelParameter>;
  readonly ModelWarmup: Fields<ModelWarmup>;
  readonly Input: Fields<ModelWarmupInput>;
  readonly ModelOperations: Fields<Present<ModelConfig, 'model_operations'>>;
  readonly ModelTransactionPolicy: Fields<Present<ModelConfig, 'model_transaction_policy'>>;
  readonly ModelRepositoryAgents: Fields<Present<ModelConfig, 'model_repository_agents'>>;
  readonly Agent: Fields<ModelRepositoryAgent>;
  readonly ModelResponseCache: Fields<Present<ModelConfig, 'response_cache'>>;
} = {
  ModelConfig: {
    name: ['served'],
    platform: ['served'],
    backend: [
      'served',
      'onnxruntime and python; others are refused by name, with the engine that serves them',
    ],
    runtime: ['checked', "a library of the model's own is refused: --engine docker"],
    version_policy: ['served'],
    max_batch_size: ['served'],
    input: ['served'],
    output: ['served'],
    batch_input: ['served'],
    batch_output: ['served'],
    optimization: ['served'],
    dynamic_batching: ['served'],
    sequence_batching: SEQUENCE,
    ensemble_scheduling: ENSEMBLE,
    instance_group: ['served'],
    default_model_filename: ['served'],
    cc_model_filenames: GPU_ONLY,
    metric_tags: ['served', 'labels of its metrics'],
    parameters: ['served', 'see below'],
    model_warmup: ['served'],
    model_operations: ['checked', 'a library that exists is refused: --engine docker'],
    model_transaction_policy: ['served'],
    model_repository_agents: ['served', "checksum; others are refused, as by Triton's image"],
    response_cache: ['served', 'with --triton-arg --cache-config=local,size=BYTES, as on Triton'],
  },
  ModelVersionPolicy: { latest: ['served'], all: ['served'], specific: ['served'] },
  Latest: { num_versions: ['served'] },
  Specific: { versions: ['served'] },
  ModelInput: {
    name: ['served'],
    data_type: ['served', 'TYPE_BF16 is refused, as by the backend'],
    format: ['checked'],
    dims: ['served'],
    reshape: ['served'],
    is_shape_tensor: TENSORRT_ONLY,
    allow_ragged_batch: ['served'],
    optional: ['served'],
    is_non_linear_format_io: TENSORRT_ONLY,
  },
  ModelOutput: {
    name: ['served'],
    data_type: ['served'],
    dims: ['served'],
    reshape: ['served'],
    label_filename: ['served'],
    is_shape_tensor: TENSORRT_ONLY,
    is_non_linear_format_io: TENSORRT_ONLY,
  },
  ModelTensorReshape: { shape: ['served'] },
  BatchInput: {
    kind: ['served', 'all six; what Triton leaves unset is 0'],
    target_name: ['served'],
    data_type: ['served'],
    source_input: ['served'],
  },
  BatchOutput: {
    target_name: ['served', 'none at all is refused; Triton dies of it'],
    kind: ['served'],
    source_input: ['served'],
  },
  ModelOptimizationPolicy: {
    graph: ['served'],
    priority: ['ignored', 'TensorRT only'],
    cuda: GPU_ONLY,
    execution_accelerators: ['served'],
    input_pinned_memory: GPU_ONLY,
    output_pinned_memory: GPU_ONLY,
    gather_kernel_buffer_threshold: GPU_ONLY,
    eager_batching: ['ignored', 'backends that ask for it only'],
  },
  Graph: { level: ['served'] },
  Cuda: {
    graphs: GPU_ONLY,
    busy_wait_events: GPU_ONLY,
    graph_spec: GPU_ONLY,
    output_copy_stream: GPU_ONLY,
  },
  GraphSpec: { batch_size: GPU_ONLY, input: GPU_ONLY, graph_lower_bound: GPU_ONLY },
  LowerBound: { batch_size: GPU_ONLY, input: GPU_ONLY },
  Shape: { dim: GPU_ONLY },
  ExecutionAccelerators: {
    gpu_execution_accelerator: ['ignored', 'instances on GPUs only'],
    cpu_execution_accelerator: ['checked', "openvino runs on ONNX Runtime's own kernels"],
  },
  Accelerator: { name: ['checked'], parameters: ['ignored', 'openvino takes none'] },
  PinnedMemoryBuffer: { enable: GPU_ONLY },
  ModelDynamicBatching: {
    preferred_batch_size: ['served'],
    max_queue_delay_microseconds: ['served'],
    preserve_ordering: ['served'],
    priority_levels: ['served'],
    default_priority_level: ['served'],
    default_queue_policy: ['served'],
    priority_queue_policy: ['served'],
  },
  ModelQueuePolicy: {
    timeout_action: ['served'],
    default_timeout_microseconds: ['served'],
    allow_timeout_override: ['served'],
    max_queue_size: ['served'],
  },
  ModelSequenceBatching: {
    direct: SEQUENCE,
    oldest: SEQUENCE,
    max_sequence_idle_microseconds: SEQUENCE,
    control_input: SEQUENCE,
    state: SEQUENCE,
    iterative_sequence: SEQUENCE,
  },
  StrategyDirect: { max_queue_delay_microseconds: SEQUENCE, minimum_slot_utilization: SEQUENCE },
  StrategyOldest: {
    max_candidate_sequences: SEQUENCE,
    preferred_batch_size: SEQUENCE,
    max_queue_delay_microseconds: SEQUENCE,
    preserve_ordering: SEQUENCE,
  },
  ControlInput: { name: SEQUENCE, control: SEQUENCE },
  Control: {
    kind: SEQUENCE,
    int32_false_true: SEQUENCE,
    fp32_false_true: SEQUENCE,
    bool_false_true: SEQUENCE,
    data_type: SEQUENCE,
  },
  State: {
    input_name: SEQUENCE,
    output_name: SEQUENCE,
    data_type: SEQUENCE,
    dims: SEQUENCE,
    initial_state: SEQUENCE,
    use_same_buffer_for_input_output: SEQUENCE,
    use_growable_memory: GPU_ONLY,
  },
  InitialState: {
    data_type: SEQUENCE,
    dims: SEQUENCE,
    zero_data: SEQUENCE,
    data_file: SEQUENCE,
    name: SEQUENCE,
  },
  ModelEnsembling: { step: ENSEMBLE },
  Step: {
    model_name: ENSEMBLE,
    model_version: ENSEMBLE,
    input_map: ENSEMBLE,
    output_map: ENSEMBLE,
    model_namespace: ENSEMBLE,
  },
  ModelInstanceGroup: {
    name: ['served'],
    kind: [
      'served',
      'KIND_GPU is refused, as on a machine without GPUs, or read as KIND_AUTO with --gpu-models-on-cpu',
    ],
    count: ['served', 'as many threads as the machine has processors, eight at most'],
    rate_limiter: ['served', 'with --triton-arg --rate-limit=execution_count, as on Triton'],
    gpus: ['checked'],
    secondary_devices: GPU_ONLY,
    profile: TENSORRT_ONLY,
    passive: ['served'],
    host_policy: ['ignored', 'as by a server without --host-policy'],
  },
  ModelRateLimiter: { resources: ['served'], priority: ['served'] },
  Resource: { name: ['served'], global: ['ignored', 'there is one device'], count: ['served'] },
  SecondaryDevice: { kind: GPU_ONLY, device_id: GPU_ONLY },
  ModelParameter: { string_value: ['served'] },
  ModelWarmup: {
    name: ['served'],
    batch_size: ['served'],
    inputs: ['served'],
    count: ['served'],
  },
  Input: {
    data_type: ['served'],
    dims: ['served'],
    zero_data: ['served'],
    random_data: ['served'],
    input_data_file: ['served'],
  },
  ModelOperations: { op_library_filename: ['checked', 'a library that exists is refused: --engine docker'] },
  ModelTransactionPolicy: { decoupled: ['served', 'ONNX models answer once'] },
  ModelRepositoryAgents: { agents: ['served', 'an empty list counts as absent; Triton crashes on it'] },
  Agent: { name: ['served'], parameters: ['served'] },
  ModelResponseCache: { enable: ['checked'] },
};
