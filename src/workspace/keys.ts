import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { hasErrno, userError, writeFileAtomic } from '../base/index.ts';

/** The two keys of a service; both are accepted, as in Azure ML. */
export interface ServiceKeys {
  readonly primary: string;
  readonly secondary: string;
  /** The access token that was handed out last, where the service takes tokens; accepted like a key. */
  readonly token?: string;
}

/** Where the keys of a service lie in the state folder; those of emulators are called `default`. */
export function keysFile(home: string, service: string): string {
  return path.join(home, 'keys', `${encodeURIComponent(service)}.json`);
}

/**
 * The keys of a service, made at the first call and kept in a file that only its owner reads. Two processes that
 * make them at once get the same: the file is put in place whole, and only the first is put.
 * @throws KEYS_UNREADABLE where the file was damaged.
 */
export async function serviceKeys(file: string): Promise<ServiceKeys> {
  const kept = await readKeys(file);
  if (kept) return kept;
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const fresh: ServiceKeys = { primary: makeKey(), secondary: makeKey() };
  const temporary = `${file}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await writeFile(temporary, `${JSON.stringify(fresh)}\n`, { mode: 0o600, flag: 'wx' });
    await putFirst(temporary, file, fresh);
    return fresh;
  } catch (error) {
    if (!hasErrno(error, 'EEXIST')) throw error;
    return (await readKeys(file)) ?? fresh;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Replaces the keys of a service; a running emulator accepts them after `rekey`. */
export function replaceServiceKeys(file: string, keys: ServiceKeys): Promise<void> {
  return writeFileAtomic(file, `${JSON.stringify(keys)}\n`, 0o600);
}

/** A link fails where the name is taken, and shows the file whole; some file systems have no links. */
async function putFirst(temporary: string, file: string, keys: ServiceKeys): Promise<void> {
  try {
    await link(temporary, file);
  } catch (error) {
    if (!hasErrno(error, 'EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP')) throw error;
    await writeFile(file, `${JSON.stringify(keys)}\n`, { mode: 0o600, flag: 'wx' });
  }
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
    hint: 'remove the file, and new keys are made',
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

/** 32 characters that need no escape in a header, a shell or a URL: 192 random bits. */
export function makeKey(): string {
  return randomBytes(24).toString('base64url');
}
