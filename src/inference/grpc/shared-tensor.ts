import { invalidArgument } from '../../kserve/index.ts';
import type { InferParameters } from './infer-message.ts';

/** Part of a region of shared memory. */
export interface RegionPart {
  readonly name: string;
  readonly offset: number;
  readonly byteSize: number;
}

/** The part of shared memory that an input or output names; undefined where it names none. @throws KServeError */
export function readRegion(tensor: {
  readonly name: string;
  readonly parameters: InferParameters;
}): RegionPart | undefined {
  if (tensor.parameters.size === 0) return undefined;
  const region = tensor.parameters.get('shared_memory_region');
  if (region && region.kind !== 'string')
    throw invalidArgument(
      `invalid value type for 'shared_memory_region' parameter for tensor '${tensor.name}', expected string_param.`,
    );
  const offset = readSize(tensor, 'shared_memory_offset', region !== undefined);
  const byteSize = readSize(tensor, 'shared_memory_byte_size', region !== undefined);
  if (!region) return undefined;
  if (byteSize === undefined)
    throw invalidArgument(
      `'shared_memory_byte_size' must be specified along with 'shared_memory_region' parameter for tensor '${tensor.name}'`,
    );
  return { name: region.value, offset: offset ?? 0, byteSize };
}

function readSize(
  { name, parameters }: { readonly name: string; readonly parameters: InferParameters },
  key: string,
  hasRegion: boolean,
): number | undefined {
  const parameter = parameters.get(key);
  if (!parameter) return undefined;
  if (!hasRegion)
    throw invalidArgument(
      `'${key}' can not be specified without 'shared_memory_region' parameter for tensor '${name}'`,
    );
  if (parameter.kind !== 'int64')
    throw invalidArgument(
      `invalid value type for '${key}' parameter for tensor '${name}', expected int64_param.`,
    );
  return Number(BigInt.asUintN(64, parameter.value));
}
