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
import type { ModelDefinition, ModelWarmup, ModelWarmupInput } from '../repository/index.ts';
import type { BackendModel } from './backends/backend.ts';
import { instanceCount } from './instance-count.ts';
import { signatureOf } from './model-signature.ts';
import { normalizeRequest } from './normalize-request.ts';
import type { ModelStatistics } from './statistics.ts';

const MAX_WARMUP_BYTES = 1024 * 1024 * 1024;

/**
 * Runs the configuration's warm-up samples on every instance, past the queue, and counts them as Triton does: each run
 * as an execution of `batch_size` requests. Instances that share a thread with others are counted all the same.
 * @throws KServeError when a sample does not fit the model or fails
 */
export async function warmUp(
  definition: ModelDefinition,
  model: BackendModel,
  statistics: ModelStatistics,
): Promise<void> {
  for (const sample of model.config.model_warmup) {
    if (sample.batch_size === 0) continue;
    const { request, inputs } = await sampleRequest(definition, sample, model);
    const batchSize = model.config.max_batch_size > 0 ? sample.batch_size : 1;
    const runs = Math.max(1, sample.count) * Math.max(model.instances.length, instanceCount(model.config));
    for (let run = 0; run < runs; run += 1) {
      const instance = model.instances[run % model.instances.length];
      if (!instance) return;
      const start = performance.now();
      try {
        // A backend may give the bytes away, so each run gets its own.
        const copies = inputs.map((input) => repeat(input, 1));
        const scheduled = { request, inputs: copies, batchSize, shapeKey: '', onResponse: ignore };
        const result = await instance.execute(
          [{ ...scheduled, onExecuted: undefined, cancellation: undefined }],
          batchSize,
        );
        const [outcome] = await Promise.all(result.outcomes);
        if (outcome instanceof Error) throw outcome;
        const totalNs = (performance.now() - start) * 1e6;
        statistics.execution(sample.batch_size, result);
        for (let one = 0; one < sample.batch_size; one += 1) statistics.success(totalNs, 0, result);
      } catch (error) {
        throw internal(`failed to run warmup sample '${sample.name}': ${messageOf(error)}`);
      }
    }
  }
}

async function sampleRequest(
  definition: ModelDefinition,
  sample: ModelWarmup,
  model: BackendModel,
): Promise<{ request: InferRequest; inputs: readonly Tensor[] }> {
  const batches = model.config.max_batch_size > 0;
  const given: InferInput[] = [];
  for (const [name, input] of Object.entries(sample.inputs)) {
    // Triton leaves out what the model does not know; the count of inputs then tells.
    if (!model.config.input.some((known) => known.name === name)) continue;
    const shape = batches ? [1, ...input.dims] : input.dims;
    given.push({
      name,
      datatype: datatypeOfConfig(input.data_type) ?? '<invalid>',
      shape,
      data: await sampleData(definition, name, input),
    });
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
  return { request, inputs: batches ? inputs.map((input) => repeat(input, sample.batch_size)) : inputs };
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
  if (input.input_data_file !== undefined && input.input_data_file !== '') {
    const folder = path.join(definition.directory, 'warmup');
    const file = path.join(folder, input.input_data_file);
    if (!isInside(folder, file))
      throw invalidArgument(`warmup data file '${input.input_data_file}' lies outside the model`);
    return readFile(file).catch((error: unknown) => {
      const why = hasErrno(error, 'ENOENT') ? 'No such file or directory' : messageOf(error);
      throw internal(`failed to open text file for read ${file}: ${why}`);
    });
  }
  const datatype = datatypeOfConfig(input.data_type);
  // BYTES: one empty string is its 4-byte length.
  const bytes = elementCount(input.dims) * (datatype ? ELEMENT_BYTES[datatype] || 4 : 1);
  if (bytes > MAX_WARMUP_BYTES) throw invalidArgument(`warmup input '${name}' is too large`);
  const data = new Uint8Array(bytes);
  // Any bits will do; small positive ones are finite in every datatype.
  if (input.random_data && datatype !== 'BYTES')
    for (let at = 0; at < bytes; at += ELEMENT_BYTES[datatype ?? 'UINT8'])
      data[at] = Math.random() < 0.5 ? 0 : 1;
  return data;
}

function repeat(input: Tensor, times: number): Tensor {
  const data = new Uint8Array(input.data.byteLength * times);
  for (let index = 0; index < times; index += 1) data.set(input.data, index * input.data.byteLength);
  return { ...input, shape: times === 1 ? input.shape : [times, ...input.shape.slice(1)], data };
}
