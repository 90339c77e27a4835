import { ownValue, userError } from '../base/index.ts';
import type { JsonObject } from '../workspace/index.ts';
import { type Document, objectIn } from './document.ts';
import { refusal } from './refusal.ts';

/** A file with the flags laid over it; of flags that are not given, it keeps its own member. */
export function withFlags(
  document: Document | undefined,
  flags: JsonObject,
  set: readonly string[],
): JsonObject {
  const given = Object.entries(flags).filter(([, value]) => value !== undefined);
  return applySet({ ...document?.value, ...Object.fromEntries(given) }, set);
}

/**
 * `--set A.B=VALUE` of az, laid over an object: numbers, `true`, `false`, `null` and JSON are read as what they are.
 * @throws CONFIG_INVALID, AZUREML_REFUSED
 */
export function applySet(value: JsonObject, assignments: readonly string[]): JsonObject {
  return assignments.reduce((changed, assignment) => {
    const at = assignment.indexOf('=');
    const path = assignment.slice(0, Math.max(at, 0)).split('.');
    if (at < 1 || path.some((name) => name === ''))
      throw userError('CONFIG_INVALID', `--set must be of the form NAME.MEMBER=VALUE, not "${assignment}"`);
    refuseReferences(changed, path);
    return put(changed, path, readValue(assignment.slice(at + 1)));
  }, value);
}

/** @throws AZUREML_REFUSED for a member of what is only named, as azure-ai-ml says it. */
function refuseReferences(value: JsonObject, path: readonly string[]): void {
  path.slice(0, -1).reduce<JsonObject | undefined>((under, name) => {
    const member = under && ownValue(under, name);
    if (typeof member === 'string')
      throw refusal(`Cannot use '--set' on properties defined by reference strings: --set ${path.join('.')}`);
    return under && objectIn(under, name);
  }, value);
}

function put(value: JsonObject, [name = '', ...rest]: readonly string[], member: unknown): JsonObject {
  return { ...value, [name]: rest.length === 0 ? member : put(objectIn(value, name) ?? {}, rest, member) };
}

function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
