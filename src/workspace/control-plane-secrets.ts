import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { writeFileOnce } from '../base/index.ts';
import { makeKey } from './keys.ts';
import { isObject, readRecord } from './record-file.ts';

/** The secrets of the control plane of one state folder; they survive its restart. */
export interface ControlPlaneSecrets {
  /** Signs the access tokens. */
  readonly tokenKey: string;
  /** What the caller of the token service must send as `X-IDENTITY-HEADER`. */
  readonly identityHeader: string;
  /** The `sig` of every shared access signature for blobs. */
  readonly blobSignature: string;
}

/** The folder of the control plane in a state folder. */
export function controlPlaneDirectory(home: string): string {
  return path.join(path.resolve(home), 'azure');
}

/**
 * The secrets of the control plane, made at the first call in a file that only its owner can read. Processes that make
 * them at the same time get the same ones. A damaged file is replaced: running scripts then get new tokens.
 */
export async function controlPlaneSecrets(home: string): Promise<ControlPlaneSecrets> {
  const directory = controlPlaneDirectory(home);
  const file = path.join(directory, 'secrets.json');
  const kept = await readSecrets(file);
  if (kept) return kept;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const fresh: ControlPlaneSecrets = {
    tokenKey: randomBytes(32).toString('base64url'),
    identityHeader: makeKey(),
    blobSignature: makeKey(),
  };
  const isFirst = await writeFileOnce(file, `${JSON.stringify(fresh)}\n`, 0o600);
  return isFirst ? fresh : ((await readSecrets(file)) ?? fresh);
}

async function readSecrets(file: string): Promise<ControlPlaneSecrets | undefined> {
  const value = await readRecord(file);
  if (!isObject(value)) return undefined;
  const { tokenKey, identityHeader, blobSignature } = value;
  return typeof tokenKey === 'string' &&
    tokenKey !== '' &&
    typeof identityHeader === 'string' &&
    identityHeader !== '' &&
    typeof blobSignature === 'string' &&
    blobSignature !== ''
    ? { tokenKey, identityHeader, blobSignature }
    : undefined;
}
