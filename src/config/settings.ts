import { userError } from '../base/index.ts';
import {
  AUTH_MODES,
  type AuthMode,
  CLOUD_PROFILES,
  type CloudProfileName,
  DIALECTS,
  type Dialect,
  ENGINE_CHOICES,
  type EngineChoice,
  LOG_THRESHOLDS,
  type LogThreshold,
  MODEL_CONTROL_MODES,
  type ModelControlMode,
  PROFILE_LIMITS,
  type ProfileLimits,
  UI_MODES,
  type UiMode,
} from './project-config.ts';

/** The values a user may set, before detection and defaults; paths as written. */
export interface SettingValues {
  engine: EngineChoice;
  gpus: string;
  image: string;
  slimBase: string;
  dockerHost: string;
  tritonserver: string;
  tritonUrl: string;
  tritonGrpcUrl: string;
  tritonMetricsUrl: string;
  tritonHeader: Readonly<Record<string, string>>;
  tritonCa: string;
  tritonCert: string;
  tritonCertKey: string;
  models: string;
  modelControlMode: ModelControlMode;
  entryScript: string;
  code: string;
  host: string;
  port: number;
  httpPort: number;
  grpcPort: number;
  metricsPort: number;
  workers: number;
  python: string;
  requirements: string;
  conda: string;
  debugPython: boolean;
  auth: AuthMode;
  profile: CloudProfileName;
  profileLimits: ProfileLimits;
  dialect: Dialect;
  env: Readonly<Record<string, string>>;
  watch: boolean;
  gpuModelsOnCpu: boolean;
  strictReload: boolean;
  replay: string;
  ui: UiMode;
  logLevel: LogThreshold;
  timeout: number;
  yes: boolean;
}

export type SettingName = keyof SettingValues;

/**
 * One setting, wherever it is given: as a flag, as a `TRITON_LOCAL_*` variable or as a key of `triton-local.yaml`.
 * `parse` takes the raw value (text, or what YAML made of it) and throws a sentence that names what is valid.
 */
export interface Setting<Name extends SettingName = SettingName> {
  readonly name: Name;
  /** Flag in commander's notation. */
  readonly flag: string;
  readonly variable: string;
  readonly description: string;
  readonly parse: (raw: unknown) => SettingValues[Name];
}

const setting = <Name extends SettingName>(
  name: Name,
  flag: string,
  description: string,
  parse: (raw: unknown) => SettingValues[Name],
): Setting<Name> => ({
  name,
  flag,
  variable: `TRITON_LOCAL_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`,
  description,
  parse,
});

export const SETTINGS = [
  setting(
    'engine',
    '--engine <kind>',
    `what serves the models: ${list(ENGINE_CHOICES)}`,
    oneOf(ENGINE_CHOICES),
  ),
  setting('gpus', '--gpus <which>', 'GPUs for the engine: all, none, or numbers such as 0,1', gpus),
  setting('image', '--image <ref>', 'Triton image for the docker engine, or slim, which is built', text),
  setting('slimBase', '--slim-base <ref>', 'image with Python and pip that slim is built on', text),
  setting('dockerHost', '--docker-host <url>', 'the Docker daemon to use', text),
  setting('tritonserver', '--tritonserver <path>', 'tritonserver program for the native engine', text),
  setting('tritonUrl', '--triton-url <url>', 'running Triton for the external engine', httpUrl),
  setting('tritonGrpcUrl', '--triton-grpc-url <url>', 'its gRPC, as grpc:// or grpcs://HOST:PORT', grpcUrl),
  setting(
    'tritonMetricsUrl',
    '--triton-metrics-url <url>',
    'its metrics, as http://HOST:PORT/metrics',
    httpUrl,
  ),
  setting('tritonHeader', '--triton-header <K=V...>', 'headers sent to that Triton, such as a key', headers),
  setting('tritonCa', '--triton-ca <file>', 'certificates to trust for that Triton (PEM)', text),
  setting('tritonCert', '--triton-cert <file>', 'client certificate for that Triton (PEM)', text),
  setting('tritonCertKey', '--triton-cert-key <file>', 'key of that certificate (PEM)', text),
  setting('models', '--models <dir>', 'the model repository', text),
  setting(
    'modelControlMode',
    '--model-control-mode <mode>',
    `what clients may load and unload: ${list(MODEL_CONTROL_MODES)}`,
    oneOf(MODEL_CONTROL_MODES),
  ),
  setting('entryScript', '--entry-script <file>', 'the script with init() and run()', text),
  setting('code', '--code <dir>', 'the source directory of the script', text),
  setting('host', '--host <address>', 'address to listen on', text),
  setting('port', '--port <number>', 'scoring port, 0 for any', wholeNumber(0, 65_535)),
  setting('httpPort', '--http-port <number>', 'Triton HTTP port, 0 for any', wholeNumber(0, 65_535)),
  setting('grpcPort', '--grpc-port <number>', 'Triton gRPC port, 0 for any', wholeNumber(0, 65_535)),
  setting('metricsPort', '--metrics-port <number>', 'Triton metrics port, 0 for any', wholeNumber(0, 65_535)),
  setting('workers', '--workers <number>', 'Python workers (WORKER_COUNT)', wholeNumber(1, 64)),
  setting('python', '--python <path>', 'Python to use as it is', text),
  setting('requirements', '--requirements <file>', 'pip requirements of the script', text),
  setting('conda', '--conda <file>', 'conda file of the script', text),
  setting('debugPython', '--debug-python', 'wait for an editor before the script is loaded', yesOrNo),
  setting('auth', '--auth <mode>', `keys on the scoring port: ${list(AUTH_MODES)}`, oneOf(AUTH_MODES)),
  setting(
    'profile',
    '--profile <name>',
    `a cloud's limits and status codes: ${list(CLOUD_PROFILES)}`,
    oneOf(CLOUD_PROFILES),
  ),
  setting(
    'profileLimits',
    '--profile-limits <K=V...>',
    `the deployment's own limits for --profile: ${list(PROFILE_LIMITS)}`,
    limits,
  ),
  setting(
    'dialect',
    '--dialect <name>',
    `whose error texts and headers scoring has: ${list(DIALECTS)}`,
    oneOf(DIALECTS),
  ),
  setting('env', '--env <K=V...>', 'variables for the script', variables),
  setting('watch', '--no-watch', 'do not reload on changes', yesOrNo),
  setting(
    'gpuModelsOnCpu',
    '--gpu-models-on-cpu',
    'run instances of KIND_GPU on the CPU (embedded engine)',
    yesOrNo,
  ),
  setting('strictReload', '--strict-reload', 'answer 503 while the newest save is broken', yesOrNo),
  setting('replay', '--replay <file>', 'body of a request that is sent again after each reload', text),
  setting('ui', '--ui <mode>', `how to show it: ${list(UI_MODES)}`, oneOf(UI_MODES)),
  setting(
    'logLevel',
    '--log-level <level>',
    `least level to show: ${list(LOG_THRESHOLDS)}`,
    oneOf(LOG_THRESHOLDS),
  ),
  setting('timeout', '--timeout <seconds>', 'limit for engine and init() to come up', seconds),
  setting('yes', '--yes', 'install what an engine needs without asking', yesOrNo),
] as const satisfies readonly Setting[];

function list(choices: readonly string[]): string {
  return choices.join(', ');
}

function text(raw: unknown): string {
  if (typeof raw !== 'string' || raw.trim() === '') throw userError('CONFIG_INVALID', 'must be a text');
  return raw;
}

function oneOf<Choice extends string>(choices: readonly Choice[]): (raw: unknown) => Choice {
  return (raw) => {
    // YAML makes a number of 2021.
    const found = choices.find((choice) => choice === (typeof raw === 'number' ? String(raw) : raw));
    if (!found) throw userError('CONFIG_INVALID', `must be one of ${list(choices)}`);
    return found;
  };
}

function wholeNumber(least: number, most: number): (raw: unknown) => number {
  return (raw) => {
    const value = typeof raw === 'string' && /^\d+$/.test(raw) ? Number(raw) : raw;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
      throw userError('CONFIG_INVALID', `must be a whole number from ${least} to ${most}`);
    }
    return value;
  };
}

function seconds(raw: unknown): number {
  const value = typeof raw === 'string' && /^\d+(\.\d+)?$/.test(raw) ? Number(raw) : raw;
  if (typeof value !== 'number' || !(value > 0) || value > 86_400) {
    throw userError('CONFIG_INVALID', 'must be a number of seconds above 0 and at most 86400');
  }
  return value;
}

function yesOrNo(raw: unknown): boolean {
  if (typeof raw === 'boolean') return raw;
  if (raw === 'true' || raw === '1') return true;
  if (raw === 'false' || raw === '0') return false;
  throw userError('CONFIG_INVALID', 'must be true or false');
}

/** `all`, `none`, or device numbers with commas, which come back as written but without spaces. */
function gpus(raw: unknown): string {
  const value = (Array.isArray(raw) ? raw.join(',') : String(raw)).replace(/\s+/g, '');
  if (!/^(?:all|none|\d+(?:,\d+)*)$/.test(value))
    throw userError('CONFIG_INVALID', 'must be all, none, or device numbers such as 0,1');
  return value;
}

function httpUrl(raw: unknown): string {
  const url = typeof raw === 'string' && URL.canParse(raw) ? new URL(raw) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '')
    throw userError('CONFIG_INVALID', 'must be a URL such as http://gpu-box:8000');
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

/** `HOST:PORT`, the same behind `grpc://`, or `grpcs://` for TLS. */
function grpcUrl(raw: unknown): string {
  const text = String(raw).replace(/^(?!grpcs?:\/\/)/, 'grpc://');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || url.port === '' || url.username !== '' || !/^\/?$/.test(url.pathname))
    throw userError('CONFIG_INVALID', 'must be a URL such as grpc://gpu-box:8001');
  return `${url.protocol}//${url.host}`;
}

/**
 * Header fields as `NAME=VALUE` texts or as a YAML mapping. A line is a field: values may hold commas, and a variable
 * may hold several lines.
 */
function headers(raw: unknown): Record<string, string> {
  const isMapping = raw !== null && typeof raw === 'object' && !Array.isArray(raw);
  const pairs = isMapping
    ? Object.entries(raw).map(([name, value]) => [name, String(value)])
    : (Array.isArray(raw) ? raw : String(raw).trim().split(/\r?\n/)).map((pair) => {
        const at = String(pair).indexOf('=');
        return [String(pair).slice(0, Math.max(at, 0)), String(pair).slice(at + 1)];
      });
  for (const [name = '', value = ''] of pairs) {
    // The value may be a key, so that the message must not show it; the parser's caller shows what was given.
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
      throw userError('CONFIG_INVALID', 'must be of the form NAME=VALUE');
  }
  return Object.fromEntries(pairs);
}

/** Limits as `NAME=NUMBER` texts or as a YAML mapping. */
function limits(raw: unknown): ProfileLimits {
  const positive = wholeNumber(1, 86_400_000);
  const known: readonly string[] = PROFILE_LIMITS;
  return Object.fromEntries(
    Object.entries(variables(raw)).map(([name, value]) => {
      if (!known.includes(name)) throw userError('CONFIG_INVALID', `knows ${list(PROFILE_LIMITS)}`);
      return [name, positive(value)];
    }),
  );
}

/** `K=V` texts as flags give them, one text with commas as a variable gives them, or a YAML mapping. */
function variables(raw: unknown): Record<string, string> {
  if (raw !== null && typeof raw === 'object' && !Array.isArray(raw)) {
    return Object.fromEntries(Object.entries(raw).map(([name, value]) => [name, String(value)]));
  }
  const pairs = Array.isArray(raw) ? raw : typeof raw === 'string' ? raw.split(',') : [];
  return Object.fromEntries(
    pairs.map((pair) => {
      const match = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(String(pair));
      if (!match) throw userError('CONFIG_INVALID', 'must be of the form NAME=VALUE');
      return [match[1], match[2]];
    }),
  );
}

/** `httpPort` as `http-port`: its key in the project file, and its flag. */
export function keyOf(name: SettingName): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
