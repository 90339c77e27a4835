import { type FieldPath, invalidConfig } from './config-error.ts';
import type { ModelConfig } from './model-config.ts';

/** How the ONNX Runtime backend reads a `parameters` entry. */
export type OnnxParameterKind = 'integer' | 'boolean' | 'text' | 'gpu';

/** Every `parameters` key that Triton 2.51.0's core or its ONNX Runtime backend reads; others are ignored. */
export const ONNX_PARAMETERS: Readonly<Record<string, OnnxParameterKind>> = {
  execution_mode: 'integer',
  intra_op_thread_count: 'integer',
  inter_op_thread_count: 'integer',
  enable_mem_arena: 'boolean',
  enable_mem_pattern: 'boolean',
  'memory.enable_memory_arena_shrinkage': 'text',
  cudnn_conv_algo_search: 'gpu',
  gpu_mem_limit: 'gpu',
  arena_extend_strategy: 'gpu',
  do_copy_in_default_stream: 'gpu',
  TRITON_BATCH_STRATEGY_PATH: 'text',
};

/** `parameters` as the ONNX Runtime backend reads them; 0 threads leaves the number to us. */
export interface OnnxParameters {
  readonly isParallel: boolean;
  readonly intraOpThreads: number;
  readonly interOpThreads: number;
  /** Undefined if the configuration leaves it to us. */
  readonly memoryArena: boolean | undefined;
  readonly memoryPattern: boolean;
  /** Run option `memory.enable_memory_arena_shrinkage`, such as `cpu:0`. */
  readonly arenaShrinkage: string | undefined;
}

/**
 * Reads `parameters` in the order and with the checks of the backend.
 * @throws MODEL_CONFIG_INVALID with Triton's text
 */
export function readOnnxParameters({ parameters }: ModelConfig): OnnxParameters {
  const text = (key: string) => (Object.hasOwn(parameters, key) ? parameters[key]?.string_value : undefined);
  const integer = (key: string) => readInteger(text(key), ['parameters', key]);
  const boolean = (key: string) => readBoolean(text(key), ['parameters', key]);
  const mode = integer('execution_mode');
  if (mode !== 0 && mode !== 1) {
    throw invalidConfig(
      // Triton's text has two spaces, and one before the full stop.
      `Invalid configuration value provided. Expected values for  execution_mode are 0 or 1 but got ${mode} .`,
      ['parameters', 'execution_mode'],
    );
  }
  return {
    isParallel: mode === 1,
    intraOpThreads: Math.max(0, integer('intra_op_thread_count')),
    interOpThreads: Math.max(0, integer('inter_op_thread_count')),
    memoryArena: boolean('enable_mem_arena'),
    memoryPattern: boolean('enable_mem_pattern') ?? true,
    arenaShrinkage: text('memory.enable_memory_arena_shrinkage'),
  };
}

/** As C++'s `stoi`: white space, a sign, digits; ignores what follows. */
function readInteger(text: string | undefined, field: FieldPath): number {
  if (text === undefined) return 0;
  const digits = /^\s*([+-]?\d+)/.exec(text)?.[1];
  if (digits === undefined) throw invalidConfig(`failed to convert '${text}' to integral number`, field);
  const value = Number(digits);
  if (Math.abs(value) <= 2_147_483_647) return value;
  throw invalidConfig(`${text} is out of range for ${field.at(-1)}, an integer of 32 bits`, field);
}

function readBoolean(text: string | undefined, field: FieldPath): boolean | undefined {
  if (text === undefined) return undefined;
  const lower = text.toLowerCase();
  if (['true', 'on', '1'].includes(lower)) return true;
  if (['false', 'off', '0'].includes(lower)) return false;
  throw invalidConfig(`failed to convert '${text}' to boolean`, field);
}
