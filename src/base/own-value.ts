/**
 * An object's own member of this name. For names that users choose: every plain object also inherits `constructor` and
 * `toString`.
 */
export function ownValue<Value>(object: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
