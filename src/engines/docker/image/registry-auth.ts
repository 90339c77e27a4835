import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { messageOf } from '../../../base/index.ts';
import { registryOf } from './image.ts';

/** The content of Docker's `X-Registry-Auth` header. */
export type RegistryAuth =
  | { readonly username: string; readonly password: string; readonly serveraddress: string }
  | { readonly identitytoken: string; readonly serveraddress: string };

interface DockerConfig {
  readonly auths?: Readonly<Record<string, { readonly auth?: string; readonly identitytoken?: string }>>;
  readonly credHelpers?: Readonly<Record<string, string>>;
  readonly credsStore?: string;
}

const HELPER_LIMIT_MS = 20_000;

/**
 * Finds the credentials for the registry of `reference` as `docker pull` does: from the registry's credential helper,
 * then the general one, then Docker's configuration file. Public images need none.
 * @param warn receives the reason, never a secret, if a helper fails; the pull continues without credentials.
 */
export async function registryAuth(
  reference: string,
  environment: Readonly<Record<string, string>>,
  homeDirectory: string,
  warn: (text: string) => void,
): Promise<RegistryAuth | undefined> {
  const directory = environment.DOCKER_CONFIG || path.join(homeDirectory, '.docker');
  const config = await readConfig(path.join(directory, 'config.json'));
  const registry = registryOf(reference);
  const helper = config.credHelpers?.[registry] ?? config.credsStore;
  if (helper) {
    try {
      const found = await askHelper(helper, registry, environment);
      if (found) return found;
    } catch (error) {
      warn(`credential helper docker-credential-${helper} failed for ${registry}: ${messageOf(error)}`);
    }
  }
  return fromFile(config, registry);
}

async function readConfig(file: string): Promise<DockerConfig> {
  try {
    const parsed: unknown = JSON.parse(await readFile(file, 'utf8'));
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

/** Runs `docker-credential-NAME get`: the registry on stdin, `{"Username","Secret"}` on stdout; exits with 1 if it has none. */
async function askHelper(
  helper: string,
  registry: string,
  environment: Readonly<Record<string, string>>,
): Promise<RegistryAuth | undefined> {
  if (!/^[\w.-]+$/.test(helper)) throw new Error('it is not a valid program name');
  const result = await execa(`docker-credential-${helper}`, ['get'], {
    env: environment,
    extendEnv: false,
    input: registry,
    stderr: 'ignore',
    timeout: HELPER_LIMIT_MS,
    reject: false,
  });
  if (result.timedOut) throw new Error(`no answer within ${HELPER_LIMIT_MS / 1_000} s`);
  if (result.exitCode === undefined) throw new Error(messageOf(result.cause));
  // Its output may hold a secret, so it is never repeated.
  if (result.exitCode !== 0) return undefined;
  const { Username, Secret }: { Username?: unknown; Secret?: unknown } = JSON.parse(result.stdout);
  if (typeof Username !== 'string' || typeof Secret !== 'string') return undefined;
  return Username === '<token>'
    ? { identitytoken: Secret, serveraddress: registry }
    : { username: Username, password: Secret, serveraddress: registry };
}

function fromFile({ auths = {} }: DockerConfig, registry: string): RegistryAuth | undefined {
  const key = Object.keys(auths).find((it) => hostOf(it) === hostOf(registry));
  const entry = key === undefined ? undefined : auths[key];
  if (!entry) return undefined;
  if (entry.identitytoken) return { identitytoken: entry.identitytoken, serveraddress: registry };
  const decoded = Buffer.from(entry.auth ?? '', 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon <= 0) return undefined;
  return {
    username: decoded.slice(0, colon),
    password: decoded.slice(colon + 1).replace(/\0+$/, ''),
    serveraddress: registry,
  };
}

const hostOf = (registry: string) => registry.replace(/^https?:\/\//, '').split('/')[0] ?? registry;
