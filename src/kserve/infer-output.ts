import { asArray, asBoolean, asString, asUnsigned, isObject, memberOf } from './json-access.ts';
import type { JsonObject, JsonValue } from './json-value.ts';
import { invalidArgument } from './kserve-error.ts';
import type { RequestedOutput, SharedMemory } from './messages.ts';
import { parametersOf, readRegion } from './tensor-parameters.ts';

const NO_OUTPUTS: readonly RequestedOutput[] = [];

/**
 * Reads `outputs` and reserves the regions of shared memory that they name.
 * @throws KServeError (docs/reference/triton.md#request-structure)
 */
export function readOutputs(root: JsonValue, memory: SharedMemory): readonly RequestedOutput[] {
  const value = isObject(root) ? root.get('outputs') : undefined;
  if (value === undefined) return NO_OUTPUTS;
  const outputs: RequestedOutput[] = [];
  for (const output of asArray(value, "Unable to parse 'outputs': ")) {
    const name = asString(memberOf(output, 'name', "Unable to parse 'name': "), "Unable to parse 'name': ");
    outputs.push({ name, ...readOutputParameters(parametersOf(output as JsonObject), memory) });
  }
  return outputs;
}

function readOutputParameters(
  parameters: JsonObject | undefined,
  memory: SharedMemory,
): Omit<RequestedOutput, 'name'> {
  if (parameters === undefined) return { binary: false, classification: 0 };
  const classification = parameters.get('classification');
  const binary = parameters.get('binary_data');
  const region = parameters.get('shared_memory_region');
  if (region !== undefined) {
    if (classification !== undefined)
      throw invalidArgument("Output can't set both 'shared_memory_region' and 'classification'");
    if (binary === true)
      throw invalidArgument("Output can't set both 'shared_memory_region' and 'binary_data'");
    const part = readRegion(region, parameters);
    const shared = memory.claim(part.region, part.offset, part.byteSize);
    return { binary: false, classification: 0, shared };
  }
  return {
    binary: binary === undefined ? false : asBoolean(binary, "Unable to parse 'binary_data': "),
    classification:
      classification === undefined ? 0 : asUnsigned(classification, "Unable to set 'classification': "),
  };
}
