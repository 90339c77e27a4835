import type { Document } from '../../azureml/index.ts';
import type { JsonObject } from '../../workspace/index.ts';

/** The body of a request, translated to what a file of az says. It has no places: errors name members alone. */
export function requestDocument(value: JsonObject): Document {
  return { file: '', value, locate: () => ({ file: '' }) };
}

/** The object without members that are null or undefined, as which the SDK leaves out what was not given. */
export function given(value: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== undefined && member !== null),
  );
}
