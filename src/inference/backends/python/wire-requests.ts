import type { ParameterValue } from '../../../kserve/index.ts';
import type { BatchEntry } from '../../../python/index.ts';
import type { ExecutedRequest } from '../../scheduling/scheduled-request.ts';
import { toWireCorrelationId } from './wire-correlation.ts';
import { toModelTensor } from './wire-tensors.ts';

/** A request as its model's process gets it, under this number. */
export function toBatchEntry(number: number, { request, inputs }: ExecutedRequest): BatchEntry {
  const { id, sequence, timeout, parameters, outputs } = request;
  const flags = (sequence.start ? 1 : 0) | (sequence.end ? 2 : 0);
  return {
    number,
    meta: [id, toWireCorrelationId(sequence.id), flags, timeout, parametersText(parameters)],
    outputs: outputs.length > 0 ? outputs.map(({ name }) => name) : undefined,
    inputs: inputs.map(toModelTensor),
  };
}

/** Parameters as the JSON text that models read. */
function parametersText(parameters: ReadonlyMap<string, ParameterValue>): string {
  if (parameters.size === 0) return '{}';
  const members = [...parameters].map(
    ([key, value]) => `${JSON.stringify(key)}:${typeof value === 'bigint' ? value : JSON.stringify(value)}`,
  );
  return `{${members.join(',')}}`;
}
