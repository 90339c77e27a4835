import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { hasErrno, isInside, messageOf } from '../base/index.ts';
import {
  datatypeOfConfig,
  ELEMENT_BYTES,
  elementCount,
  type InferInput,
  type InferRequest,
  internal,
  invalidArgument,
  NO_SEQUENCE,
  type Tensor,
} from '../kserve/index.ts';
import type { ModelConfig, ModelDefinition, ModelWarmup, ModelWarmupInput } from '../repository/index.ts';
import type { BackendModel, ModelInstance } from './backends/backend.ts';
import { instanceNames } from './instance-names.ts';
import { signatureOf } from './model-signature.ts';
import { normalizeRequest } from './normalize-request.ts';
import type { ExecutionTimes, ModelStatistics } from './statistics.ts';

const MAX_WARMUP_BYTES = 1024 * 1024 * 1024;

/**
 * Runs the configuration's warm-up samples on every instance, bypassing the queue, and counts them as Triton does: each
 * run is an execution of `batch_size` requests, even if instances share a thread.
 * @throws KServeError if a sample does not fit the model or fails
 */
export async function warmUp(
  definition: ModelDefinition,
  model: BackendModel,
  statistics: ModelStatistics,
): Promise<void> {
  const { config, instances } = model;
  for (const sample of config.model_warmup) {
    if (sample.batch_size === 0) continue;
    const request = await sampleRequest(definition, sample, model);
    const names = instanceNames(config);
    const runs = Math.max(1, sample.count) * Math.max(instances.length, names.length);
    for (let run = 0; run < runs; run += 1) {
      const instance = instances[run % instances.length];
      if (!instance) return;
      const start = performance.now();
      const name = names[run % names.length] ?? '';
      const { failures, times } = await runSample(instance, request, sample.batch_size, { config, name });
      if (failures.length > 0)
        throw invalidArgument(
          `failed to run warmup sample '${sample.name}': ${failures.map((text) => `${text}; `).join('')}`,
        );
      const totalNs = (performance.now() - start) * 1e6;
      if (times) statistics.execution(sample.batch_size, times);
      for (let one = 0; times && one < sample.batch_size; one += 1) statistics.success(totalNs, 0, times);
    }
  }
}

/** Runs one batch of identical requests; a failure is reported once for each of them. */
async function runSample(
  instance: ModelInstance,
  { request, inputs }: SampleRequest,
  size: number,
  { config, name }: { readonly config: ModelConfig; readonly name: string },
): Promise<{ readonly failures: readonly string[]; readonly times?: ExecutionTimes }> {
  const everyone = (text: string) => ({ failures: new Array<string>(size).fill(text) });
  if (size > 1 && size > config.max_batch_size)
    return everyone(`batch size ${size} for '${name}', max allowed is ${config.max_batch_size}`);
  // A backend may transfer the bytes, so each request gets its own copy.
  const batch = Array.from({ length: size }, () => ({
    request,
    inputs: inputs.map((input) => ({ ...input, data: new Uint8Array(input.data) })),
    batchSize: 1,
    shapeKey: '',
    onResponse: ignore,
    onExecuted: undefined,
    cancellation: undefined,
  }));
  try {
    const result = await instance.execute(batch, size);
    const settled = await Promise.allSettled(result.outcomes);
    const failures = settled.flatMap((one) => {
      const outcome = one.status === 'fulfilled' ? one.value : one.reason;
      return outcome instanceof Error ? [outcome.message] : [];
    });
    return { failures, times: result };
  } catch (error) {
    return everyone(messageOf(error));
  }
}

interface SampleRequest {
  readonly request: InferRequest;
  readonly inputs: readonly Tensor[];
}

async function sampleRequest(
  definition: ModelDefinition,
  sample: ModelWarmup,
  model: BackendModel,
): Promise<SampleRequest> {
  const batches = model.config.max_batch_size > 0;
  const given: InferInput[] = [];
  const others: Tensor[] = [];
  for (const [name, input] of Object.entries(sample.inputs)) {
    const shape = batches ? [1, ...input.dims] : input.dims;
    const data = await sampleData(definition, name, input);
    const datatype = datatypeOfConfig(input.data_type);
    if (model.config.input.some((known) => known.name === name))
      given.push({ name, datatype: datatype ?? '<invalid>', shape, data });
    // Inputs that clients do not send, such as sequence controls, are passed unchanged.
    else if (datatype) others.push({ name, datatype, shape, data });
  }
  const request: InferRequest = {
    id: '',
    inputs: given,
    outputs: [],
    raw: false,
    binaryDataOutput: true,
    priority: 0,
    timeout: 0,
    sequence: NO_SEQUENCE,
    parameters: new Map(),
  };
  const { inputs } = normalizeRequest(request, signatureOf(model.config));
  return { request, inputs: [...inputs, ...others] };
}

function ignore(): void {}

async function sampleData(
  definition: ModelDefinition,
  name: string,
  input: ModelWarmupInput,
): Promise<Uint8Array> {
  if (input.dims.some((dim) => dim < 0))
    throw invalidArgument(
      `warmup setting expects all variable-size dimensions are specified for input '${name}'`,
    );
  if ([input.zero_data, input.random_data, input.input_data_file].every((it) => it === undefined))
    throw invalidArgument(
      `[request id: <id_unknown>] warmup setting expects input '${name}' to have input_data_type set`,
    );
  const datatype = datatypeOfConfig(input.data_type);
  // BYTES: one empty string is its 4-byte length.
  const bytes = elementCount(input.dims) * (datatype ? ELEMENT_BYTES[datatype] || 4 : 1);
  if (input.input_data_file !== undefined && input.input_data_file !== '') {
    const folder = path.join(definition.directory, 'warmup');
    const file = path.join(folder, input.input_data_file);
    if (!isInside(folder, file))
      throw invalidArgument(`warmup data file '${input.input_data_file}' is outside the model`);
    const given = await readFile(file).catch((error: unknown) => {
      const why = hasErrno(error, 'ENOENT') ? 'No such file or directory' : messageOf(error);
      throw internal(`failed to open text file for read ${file}: ${why}`);
    });
    if (input.data_type === 'TYPE_STRING') return given;
    if (given.byteLength < bytes)
      throw invalidArgument(
        `[request id: <id_unknown>] warmup setting expects ${bytes} bytes, but the data provided from ${input.input_data_file}only has ${given.byteLength} bytes`,
      );
    return given.subarray(0, bytes);
  }
  if (bytes > MAX_WARMUP_BYTES) throw invalidArgument(`warmup input '${name}' is too large`);
  const data = new Uint8Array(bytes);
  // Any bits are valid; small positive numbers are finite in every datatype.
  if (input.random_data && datatype !== 'BYTES')
    for (let at = 0; at < bytes; at += ELEMENT_BYTES[datatype ?? 'UINT8'])
      data[at] = Math.random() < 0.5 ? 0 : 1;
  return data;
}
