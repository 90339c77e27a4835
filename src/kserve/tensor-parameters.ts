import { asString, asUnsigned, isObject } from './json-access.ts';
import type { JsonObject, JsonValue } from './json-value.ts';

/** The parameters of an input or output; anything but an object is ignored. */
export function parametersOf(object: JsonObject): JsonObject | undefined {
  const parameters = object.get('parameters');
  return isObject(parameters) ? parameters : undefined;
}

/** The part of shared memory that the parameters name. */
export function readRegion(region: JsonValue, parameters: JsonObject | undefined) {
  const size = (key: string) => {
    const value = parameters?.get(key);
    return value === undefined ? 0 : asUnsigned(value, `Unable to parse '${key}': `);
  };
  return {
    region: asString(region, "Unable to parse 'shared_memory_region': "),
    offset: size('shared_memory_offset'),
    byteSize: size('shared_memory_byte_size'),
  };
}
