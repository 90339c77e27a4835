import { userError } from '../base/index.ts';
import type { JsonObject } from '../workspace/index.ts';
import { objectIn } from './document.ts';

/**
 * `--set A.B=VALUE` of az, laid over an object: numbers, `true`, `false`, `null` and JSON are read as what they are.
 * @throws CONFIG_INVALID
 */
export function applySet(value: JsonObject, assignments: readonly string[]): JsonObject {
  return assignments.reduce((changed, assignment) => {
    const at = assignment.indexOf('=');
    const path = assignment.slice(0, Math.max(at, 0)).split('.');
    if (at < 1 || path.some((name) => name === ''))
      throw userError('CONFIG_INVALID', `--set must be of the form NAME.MEMBER=VALUE, not "${assignment}"`);
    return put(changed, path, readValue(assignment.slice(at + 1)));
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
