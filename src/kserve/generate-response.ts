import { elementCount } from './datatypes.ts';
import { writeParameter } from './infer-response.ts';
import { quoteText, writeTensorData } from './json-writer.ts';
import type { ParameterValue, Tensor } from './messages.ts';

/**
 * Writes an answer of the generate extension: one flat object of outputs and parameters, keys in byte order, outputs of
 * one element without an array.
 * @returns its bytes as Latin-1 characters
 * @throws KServeError for FP16 and BF16 outputs
 */
export function encodeGenerateResponse(
  id: string,
  modelName: string,
  modelVersion: string,
  outputs: readonly Tensor[],
  parameters?: ReadonlyMap<string, ParameterValue>,
): string {
  const members = new Map<string, string>();
  if (id !== '') members.set(quoteText('id'), quoteText(id));
  members.set(quoteText('model_name'), quoteText(modelName));
  members.set(quoteText('model_version'), quoteText(modelVersion));
  for (const { name, datatype, shape, data } of outputs) {
    const key = quoteText(name);
    const count = elementCount(shape);
    const array = writeTensorData(datatype, data, count);
    if (!members.has(key)) members.set(key, count === 1 ? array.slice(1, -1) : array);
  }
  for (const [name, value] of parameters ?? []) {
    const key = quoteText(name);
    if (!members.has(key)) members.set(key, writeParameter(value));
  }
  const sorted = [...members].sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([key, value]) => `${key}:${value}`).join(',')}}`;
}
