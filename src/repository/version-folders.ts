/** How Triton reads the name of a folder in a model's folder. */
export type VersionFolder =
  /** `folder` is where Triton then looks: `2` for `2_old`. */
  | { readonly kind: 'version'; readonly version: bigint; readonly folder: string }
  /** A folder that has another purpose. */
  | { readonly kind: 'data' }
  | { readonly kind: 'ignored'; readonly reason: string };

const DATA_FOLDERS: readonly string[] = ['warmup', 'initial_state', 'configs'];
const INT64_LIMIT = 2n ** 63n;

/**
 * Reads a folder's name as Triton does (`VersionsToLoad`): a leading number is the version, whatever follows it; names
 * with leading zeros or without a number are ignored. `reason` is in Triton's words.
 */
export function readVersionFolder(name: string): VersionFolder {
  if (DATA_FOLDERS.includes(name)) return { kind: 'data' };
  if (name.length > 1 && name.startsWith('0'))
    return { kind: 'ignored', reason: 'contains leading zeros in its directory name' };
  const digits = /^\s*([+-]?\d+)/.exec(name)?.[1];
  if (digits === undefined) return { kind: 'ignored', reason: 'fails to convert to integral number' };
  const version = BigInt(digits.replace(/^\+/, ''));
  // Triton crashes with an uncaught exception.
  if (version >= INT64_LIMIT || version < -INT64_LIMIT)
    return { kind: 'ignored', reason: 'is too large for a version, an integer of 64 bits' };
  return { kind: 'version', version, folder: String(version) };
}
