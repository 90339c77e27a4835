import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { hasErrno, userError, writeFileAtomic, writeFileOnce } from '../base/index.ts';

/** The two keys of a service; both are accepted, as in Azure ML. */
export interface ServiceKeys {
  readonly primary: string;
  readonly secondary: string;
  /** The access token issued last, if the service accepts tokens; accepted like a key. */
  readonly token?: string;
}

/** The file of a service's keys in the state folder; those of emulators are named `default`. */
export function keysFile(home: string, service: string): string {
  return path.join(home, 'keys', `${encodeURIComponent(service)}.json`);
}

/**
 * The keys of a service, generated at the first call and stored in a file that only its owner can read. Two processes
 * that generate them at the same time get the same keys: the file appears complete, and the first one wins.
 * @throws KEYS_UNREADABLE if the file is damaged.
 */
export async function serviceKeys(file: string): Promise<ServiceKeys> {
  const kept = await readKeys(file);
  if (kept) return kept;
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const fresh: ServiceKeys = { primary: makeKey(), secondary: makeKey() };
  const isFirst = await writeFileOnce(file, `${JSON.stringify(fresh)}\n`, 0o600);
  return isFirst ? fresh : ((await readKeys(file)) ?? fresh);
}

/** Replaces the keys of a service; a running emulator accepts them after `rekey`. */
export function replaceServiceKeys(file: string, keys: ServiceKeys): Promise<void> {
  return writeFileAtomic(file, `${JSON.stringify(keys)}\n`, 0o600);
}

async function readKeys(file: string): Promise<ServiceKeys | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
  const keys = parseKeys(text);
  if (keys) return keys;
  throw userError('KEYS_UNREADABLE', 'the keys of the service cannot be read', {
    hint: 'remove the file to generate new keys',
    location: { file },
  });
}

function parseKeys(text: string): ServiceKeys | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('primary' in value) || !('secondary' in value))
      return undefined;
    const { primary, secondary } = value;
    const token = 'token' in value && typeof value.token === 'string' ? value.token : undefined;
    return typeof primary === 'string' && primary && typeof secondary === 'string' && secondary
      ? { primary, secondary, ...(token && { token }) }
      : undefined;
  } catch {
    return undefined;
  }
}

/** 192 random bits as 32 characters that need no escaping in a header, a shell or a URL. */
export function makeKey(): string {
  return randomBytes(24).toString('base64url');
}
