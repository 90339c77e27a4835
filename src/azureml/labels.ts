import { ownValue, userError } from '../base/index.ts';
import type { JsonObject, Labels } from '../workspace/index.ts';

/** Tags or properties from the command line, each `KEY=VALUE`; `option` is the flag for the error. */
export function parseLabels(pairs: readonly string[], option: string): Labels {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw userError('CONFIG_INVALID', `${option} must be of the form KEY=VALUE, not "${pair}"`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

/** Tags or properties from a file; numbers become strings. */
export const textsOf = (value: JsonObject = {}): Labels =>
  Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text)]));

/** Whether `labels` match a filter: `KEY` or `KEY=VALUE`. */
export function hasLabel(labels: Labels, filter: string): boolean {
  const at = filter.indexOf('=');
  return at < 0
    ? Object.hasOwn(labels, filter)
    : ownValue(labels, filter.slice(0, at)) === filter.slice(at + 1);
}

/** Adds properties; in Azure ML, existing ones can never change. */
export function addProperties(properties: Labels, added: Labels): Labels {
  const changed = Object.keys(added).find((key) => Object.hasOwn(properties, key));
  if (changed !== undefined) {
    throw userError(
      'AZUREML_REFUSED',
      `Error, property "${changed}" already exists: properties cannot be changed`,
      {
        hint: 'use a tag for values that change',
      },
    );
  }
  return { ...properties, ...added };
}
