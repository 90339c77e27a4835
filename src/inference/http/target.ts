import { decodeUtf8, invalidArgument } from '../../kserve/index.ts';
import type { Route } from './route.ts';

/** The model a path names: its raw bytes, never percent-decoded. */
export function modelName({ name }: Route): string {
  return decodeUtf8(name);
}

/** The version a path names, without leading zeros. @throws KServeError beyond 64 bits */
export function modelVersion({ version }: Route): string | undefined {
  if (version === undefined || version.length < 2) return version;
  const number = BigInt(version);
  if (number > 2n ** 63n - 1n)
    throw invalidArgument(
      `failed to get model version from specified version string '${version}' (details: stol), version should be an integral value > 0`,
    );
  return String(number);
}

/** The path of a request target, which may be a full URL; without the query. */
export function pathOf(target: string): string {
  const start = target.startsWith('/') ? 0 : target.indexOf('/', target.indexOf('//') + 2);
  const query = target.indexOf('?');
  return target.slice(Math.max(0, start), query < 0 ? target.length : query);
}
