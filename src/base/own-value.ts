/**
 * The member of this name that an object has itself. For names that users choose: every plain object has a
 * `constructor` and a `toString` besides.
 */
export function ownValue<Value>(object: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
