import { existsSync } from 'node:fs';
import path from 'node:path';
import { invalidConfig } from './config-error.ts';
import type { ModelConfig } from './model-config.ts';
import type { ModelDefinition } from './model-definition.ts';
import { resolveInstanceGroups } from './normalize.ts';
import { readOnnxParameters } from './onnx-parameters.ts';
import { validateInstanceGroups } from './validate-instance-groups.ts';
import type { ModelVersion } from './versions.ts';

const BACKEND_DIRECTORY = '/opt/tritonserver/backends/onnxruntime';
const BACKEND_LIBRARY = 'libtriton_onnxruntime.so';
const PYTHON_RUNTIME = 'model.py';

/** CPU accelerators of Triton's images; here, their models run on ONNX Runtime's own kernels. */
const CPU_ACCELERATORS: readonly string[] = ['openvino'];

/**
 * Makes the checks of Triton and its ONNX Runtime backend before they open the model, in their order.
 * @throws MODEL_CONFIG_INVALID with Triton's text, or with ours if Triton would serve what we do not
 */
export function checkOnnxBackend({ config, directory }: ModelDefinition, version: ModelVersion): void {
  checkRuntime(config, directory, version);
  validateInstanceGroups(resolveInstanceGroups(config));
  for (const [index, { data_type }] of config.batch_input.entries()) {
    if (data_type === 'TYPE_INVALID')
      throw invalidConfig(`unexpected batch input data type '${data_type}'`, [
        'batch_input',
        index,
        'data_type',
      ]);
  }
  readOnnxParameters(config);
  checkAccelerators(config);
  checkOperators(config);
  checkBatchStrategy(config);
}

/** `runtime` names the backend's library, in the version's folder, the model's, or Triton's own. */
function checkRuntime({ name, runtime }: ModelConfig, directory: string, version: ModelVersion): void {
  if (runtime === '' || runtime === BACKEND_LIBRARY) return;
  if (runtime === PYTHON_RUNTIME) {
    throw invalidConfig(
      `unable to find Python backend based backend library '${runtime}' for model '${name}', ` +
        `searched: '${BACKEND_DIRECTORY}/${runtime}'`,
      ['runtime'],
      'INVALID_ARG',
      'write backend: "python" for a Python model',
    );
  }
  const places = [version.directory, directory];
  if (places.some((place) => existsSync(path.join(place, runtime)))) {
    throw invalidConfig(
      `model '${name}' brings its own backend library '${runtime}', which triton-local's embedded engine does not load`,
      ['runtime'],
      'UNSUPPORTED',
      'use --engine docker',
    );
  }
  const searched = [...places, BACKEND_DIRECTORY].map((place) => `'${place}' `).join('');
  throw invalidConfig(
    `unable to find backend library '${runtime}' for model '${name}', searched: ${searched}`,
    ['runtime'],
    'INVALID_ARG',
    `remove runtime: the backend then uses its own library, ${BACKEND_LIBRARY}`,
  );
}

function checkAccelerators({ optimization }: ModelConfig): void {
  // Only instances on GPUs read accelerators for GPUs.
  const accelerators = optimization?.execution_accelerators?.cpu_execution_accelerator ?? [];
  for (const [index, { name }] of accelerators.entries()) {
    if (CPU_ACCELERATORS.includes(name)) continue;
    throw invalidConfig(
      `unknown Execution Accelerator '${name}' is requested`,
      ['optimization', 'execution_accelerators', 'cpu_execution_accelerator', index, 'name'],
      'INVALID_ARG',
      `Triton's ONNX Runtime backend knows ${CPU_ACCELERATORS.join(', ')} for CPUs, tensorrt and cuda for GPUs`,
    );
  }
}

/** Libraries of custom operators. The loader would search for a bare name, which we always report as not found. */
function checkOperators({ name, model_operations }: ModelConfig): void {
  for (const [index, library] of (model_operations?.op_library_filename ?? []).entries()) {
    const field = ['model_operations', 'op_library_filename', index];
    if (library.includes('/') && existsSync(library)) {
      throw invalidConfig(
        `model '${name}' needs the custom operators of ${library}, which triton-local's embedded engine does not load`,
        field,
        'UNSUPPORTED',
        'use --engine docker, with the library at this path in the image',
      );
    }
    throw invalidConfig(
      `onnx runtime error 1: Failed to load library ${library} with error: ${library}: ` +
        'cannot open shared object file: No such file or directory',
      field,
      'INTERNAL',
      "give the library's full path in the container",
    );
  }
}

function checkBatchStrategy({ name, parameters, sequence_batching }: ModelConfig): void {
  const library = Object.hasOwn(parameters, 'TRITON_BATCH_STRATEGY_PATH')
    ? parameters.TRITON_BATCH_STRATEGY_PATH?.string_value
    : undefined;
  if (library === undefined) return;
  const field = ['parameters', 'TRITON_BATCH_STRATEGY_PATH'];
  if (sequence_batching) {
    throw invalidConfig(
      'TRITON_BATCH_STRATEGY_PATH cannot be specified with sequence batcher, using default batching strategy',
      field,
    );
  }
  if (!existsSync(library))
    throw invalidConfig(`Batching library path not found: ${library}`, field, 'NOT_FOUND');
  throw invalidConfig(
    `model '${name}' batches by the library ${library}, which triton-local's embedded engine does not load`,
    field,
    'UNSUPPORTED',
    'use --engine docker',
  );
}
