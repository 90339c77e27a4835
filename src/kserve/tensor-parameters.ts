import { asString, asUnsigned, isObject } from './json-access.ts';
import type { JsonObject, JsonValue } from './json-value.ts';

/** Parameters of an input or output; what is no object is passed over. */
export function parametersOf(object: JsonObject): JsonObject | undefined {
  const parameters = object.get('parameters');
  return isObject(parameters) ? parameters : undefined;
}

/** The part of shared memory that parameters name. */
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
