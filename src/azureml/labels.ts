import { ownValue, userError } from '../base/index.ts';
import type { JsonObject, Labels } from '../workspace/index.ts';

/** Tags or properties as the command line has them: `KEY=VALUE` each; `option` names the flag in the error. */
export function parseLabels(pairs: readonly string[], option: string): Labels {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw userError('CONFIG_INVALID', `${option} must be of the form KEY=VALUE, not "${pair}"`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

/** Tags or properties as a file has them, where numbers are texts as well. */
export const textsOf = (value: JsonObject = {}): Labels =>
  Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text)]));

/** Whether `labels` have what a filter names: `KEY`, or `KEY=VALUE`. */
export function hasLabel(labels: Labels, filter: string): boolean {
  const at = filter.indexOf('=');
  return at < 0
    ? Object.hasOwn(labels, filter)
    : ownValue(labels, filter.slice(0, at)) === filter.slice(at + 1);
}

/** Azure ML's properties may be added to and never changed. */
export function addProperties(properties: Labels, added: Labels): Labels {
  const changed = Object.keys(added).find((key) => Object.hasOwn(properties, key));
  if (changed !== undefined) {
    throw userError(
      'AZUREML_REFUSED',
      `Error, property "${changed}" already exists: properties cannot be changed`,
      {
        hint: 'use a tag for what changes',
      },
    );
  }
  return { ...properties, ...added };
}
