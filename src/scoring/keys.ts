import { type BearerCheck, createBearerCheck } from '../base/index.ts';

/** Returns a check against these keys; without keys, every request passes. */
export function createKeyCheck(keys: readonly string[]): BearerCheck {
  return keys.length > 0 ? createBearerCheck(keys) : () => true;
}
