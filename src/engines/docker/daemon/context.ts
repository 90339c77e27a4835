import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { entryKind, hasErrno, userError } from '../../../base/index.ts';
import type { TlsFiles } from './address.ts';

export interface DockerContext {
  readonly url: string;
  readonly tls: TlsFiles | undefined;
}

/** The `currentContext` of Docker's `config.json`; undefined if there is none, it is `default`, or the file is invalid. */
export async function currentContext(configDirectory: string): Promise<string | undefined> {
  try {
    const parsed: unknown = JSON.parse(await readFile(path.join(configDirectory, 'config.json'), 'utf8'));
    const name = memberOf(parsed, 'currentContext');
    return typeof name === 'string' && name !== '' && name !== 'default' ? name : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Reads a Docker context from `contexts/meta/<sha256 of the name>/meta.json`; its TLS files are in `contexts/tls`.
 * @throws DOCKER_CONTEXT_INVALID if it is missing or names no host.
 */
export async function readContext(name: string, configDirectory: string): Promise<DockerContext> {
  const id = createHash('sha256').update(name).digest('hex');
  const file = path.join(configDirectory, 'contexts', 'meta', id, 'meta.json');
  let meta: unknown;
  try {
    meta = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    const problem = hasErrno(cause, 'ENOENT') ? 'does not exist' : 'cannot be read';
    throw userError('DOCKER_CONTEXT_INVALID', `Docker context "${name}" ${problem}`, {
      location: { file },
      hint: 'list them with: docker context ls; choose another with: docker context use NAME',
      cause,
    });
  }
  const endpoint = memberOf(memberOf(meta, 'Endpoints'), 'docker');
  const url = memberOf(endpoint, 'Host');
  if (typeof url !== 'string' || url === '') {
    throw userError('DOCKER_CONTEXT_INVALID', `Docker context "${name}" names no host`, {
      location: { file },
    });
  }
  const directory = path.join(configDirectory, 'contexts', 'tls', id, 'docker');
  const hasTls = (await entryKind(directory)) === 'directory';
  return {
    url,
    tls: hasTls ? { directory, verify: memberOf(endpoint, 'SkipTLSVerify') !== true } : undefined,
  };
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
