import path from 'node:path';
import {
  type ControlPlaneSecrets,
  controlPlaneDirectory,
  type LocalCertificate,
} from '../../workspace/index.ts';
import { CLOUD_NAME } from '../identity/cloud-metadata.ts';
import { writeAzProfile, writeAzShim } from './az-files.ts';
import { writeCaBundles } from './ca-bundle.ts';
import { Variables } from './variables.ts';

export interface ClientEnvironmentOptions {
  /** The environment that is extended. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** The state folder, which gets the files that the variables name. */
  readonly home: string;
  /** The user's home folder. */
  readonly userHome: string;
  /** Of the control plane: `https://127.0.0.1:PORT`. */
  readonly origin: string;
  readonly secrets: ControlPlaneSecrets;
  readonly certificate: LocalCertificate;
  /** This program with its first arguments. */
  readonly command: readonly string[];
  /** Folders of our Python packages, put before those of `PYTHONPATH`. */
  readonly pythonFolders: readonly string[];
}

/** The difference between the user's environment and one in which Azure's clients reach the control plane. */
export interface ClientEnvironment {
  /** The new value by name; undefined for a variable to be removed. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** What the user should know. */
  readonly notices: readonly string[];
}

/**
 * Credentials that `DefaultAzureCredential` tries before a managed identity: with them, it would ask Microsoft Entra.
 * The last one turns the managed identity of App Service into that of Service Fabric.
 */
const SET_ASIDE = [
  'AZURE_CLIENT_SECRET',
  'AZURE_CLIENT_CERTIFICATE_PATH',
  'AZURE_USERNAME',
  'AZURE_PASSWORD',
  'AZURE_FEDERATED_TOKEN_FILE',
  'IDENTITY_SERVER_THUMBPRINT',
];
const LOOPBACK = ['127.0.0.1', 'localhost'];

/**
 * Makes the variables with which unmodified Azure clients reach the control plane and nothing else, and writes the
 * files that they name.
 *
 * With `ARM_CLOUD_METADATA_URL` alone, the SDK would fall back to the real Azure when the control plane is down;
 * `AZUREML_CURRENT_CLOUD` makes it stop instead.
 */
export async function clientEnvironment(options: ClientEnvironmentOptions): Promise<ClientEnvironment> {
  const { platform, home, userHome, origin, secrets, certificate, command, pythonFolders } = options;
  const given = new Variables(options.variables, platform);
  const directory = controlPlaneDirectory(home);
  const bundles = await writeCaBundles(path.join(home, 'tls'), certificate.authority, given);
  const shim = await writeAzShim(directory, home, command, platform);
  const azConfig = await writeAzProfile(directory);
  const azFolder = given.get('AZURE_CONFIG_DIR') ?? path.join(userHome, '.azure');
  const setAside = SET_ASIDE.filter((name) => given.has(name));
  const values: Record<string, string | undefined> = {
    ARM_CLOUD_METADATA_URL: `${origin}/metadata/endpoints?api-version=2019-05-01`,
    AZUREML_CURRENT_CLOUD: CLOUD_NAME,
    IDENTITY_ENDPOINT: `${origin}/msi/token`,
    IDENTITY_HEADER: secrets.identityHeader,
    AZURE_AUTHORITY_HOST: origin,
    REGISTRY_DISCOVERY_ENDPOINT_URL: `${origin}/`,
    REQUESTS_CA_BUNDLE: bundles.requests,
    // curl prefers it to SSL_CERT_FILE.
    ...(given.get('CURL_CA_BUNDLE') && { CURL_CA_BUNDLE: bundles.requests }),
    SSL_CERT_FILE: bundles.openssl,
    ...withoutProxy(given, platform),
    PATH: inFront([shim], given.get('PATH'), platform),
    PYTHONPATH: inFront(pythonFolders, given.get('PYTHONPATH'), platform),
    AZURE_CORE_COLLECT_TELEMETRY: '0',
    AZURE_CONFIG_DIR: azConfig,
    AZURE_EXTENSION_DIR: given.get('AZURE_EXTENSION_DIR') ?? path.join(azFolder, 'cliextensions'),
    ...Object.fromEntries(setAside.map((name) => [name, undefined])),
  };
  const variables = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [given.nameOf(name), value]),
  );
  return { variables, notices: [...bundles.notices, ...setAsideNotice(setAside)] };
}

function setAsideNotice(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const are = names.length === 1 ? 'is' : 'are';
  return [`${names.join(', ')} ${are} not passed on: on this machine, tokens come from triton-local`];
}

/** Loopback is never reached through a proxy. Python reads the lower-case name first, other programs the upper-case one. */
function withoutProxy(given: Variables, platform: NodeJS.Platform): Record<string, string> {
  const [lower, upper] = [given.get('no_proxy'), given.get('NO_PROXY')];
  const value = (own: string | undefined, other: string | undefined) => extended(own ?? other ?? '');
  return platform === 'win32'
    ? { NO_PROXY: value(upper, lower) }
    : { no_proxy: value(lower, upper), NO_PROXY: value(upper, lower) };
}

function extended(hosts: string): string {
  const kept = hosts.split(',').map((host) => host.trim());
  // `*` works only when it stands alone.
  if (kept.includes('*')) return hosts;
  return [...kept.filter((host) => host !== ''), ...LOOPBACK.filter((host) => !kept.includes(host))].join(
    ',',
  );
}

function inFront(folders: readonly string[], list: string | undefined, platform: NodeJS.Platform): string {
  const { delimiter } = platform === 'win32' ? path.win32 : path.posix;
  const kept = (list ?? '').split(delimiter).filter((folder) => !folders.includes(folder));
  return [...folders, ...(list === undefined ? [] : kept)].join(delimiter);
}
