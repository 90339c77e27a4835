import { type BearerCheck, createBearerCheck } from '../base/index.ts';

/** A check against these keys; without keys everybody may pass. */
export function createKeyCheck(keys: readonly string[]): BearerCheck {
  return keys.length > 0 ? createBearerCheck(keys) : () => true;
}
