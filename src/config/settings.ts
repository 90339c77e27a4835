import {
  AUTH_MODES,
  CLOUD_PROFILES,
  DIALECTS,
  ENGINE_CHOICES,
  LOG_THRESHOLDS,
  MODEL_CONTROL_MODES,
  PROFILE_LIMITS,
  UI_MODES,
} from './choices.ts';
import {
  gpus,
  grpcUrl,
  headers,
  host,
  httpUrl,
  limits,
  oneOf,
  port,
  seconds,
  text,
  variables,
  wholeNumber,
  yesOrNo,
} from './setting-values.ts';
import { tritonArguments } from './triton-arguments.ts';

/**
 * A setting, which can be given as a flag, as a `TRITON_LOCAL_*` variable or as a key of `triton-local.yaml`. `Value`
 * includes undefined if there is no default.
 */
export interface Setting<Value = unknown> {
  /** In commander's notation. The variable and the key share its name. */
  readonly flag: string;
  readonly about: string;
  /** Parses the raw value; throws a sentence that says what is valid. */
  readonly parse: (raw: unknown) => Value;
  readonly fallback: Value;
  /** The default as shown in the help, if it is not the fallback itself. */
  readonly defaultText?: string;
  /**
   * Whether the value is a path. A relative path is resolved against the place where it was written: the shell's folder,
   * or the project's. The bare name of a program is looked up on PATH.
   */
  readonly path?: 'file' | 'program';
  /** Whether the value may contain keys: no message shows it, and scripts do not see its variable. */
  readonly isSecret?: boolean;
  /** The flag may be given several times, each with one value. */
  readonly isRepeatable?: boolean;
  /** Name of the variable and the key, if it differs from the flag's. */
  readonly name?: string;
}

type Options = Pick<Setting, 'defaultText' | 'path' | 'isSecret' | 'isRepeatable' | 'name'>;

function withDefault<Value>(
  flag: string,
  about: string,
  parse: (raw: unknown) => Value,
  fallback: Value,
  options: Options = {},
): Setting<Value> {
  return { flag, about, parse, fallback, ...options };
}

function optional<Value>(
  flag: string,
  about: string,
  parse: (raw: unknown) => Value,
  options: Options = {},
): Setting<Value | undefined> {
  return { flag, about, parse, fallback: undefined, ...options };
}

const optionalPath = (flag: string, about: string, options: Options = {}) =>
  optional(flag, about, text, { path: 'file', ...options });

const among = (choices: readonly string[]) => choices.join(', ');

/**
 * Every setting, in the group under which it appears in `ProjectConfig`: `SETTING_GROUPS.listen.settings.httpPort`
 * becomes `config.listen.httpPort`. To add a flag, add a line here and read the value where it is needed.
 */
export const SETTING_GROUPS = {
  project: {
    title: 'Project',
    settings: {
      models: optionalPath('--models <dir>', 'the model repository', { defaultText: 'found in DIR' }),
      entryScript: optionalPath('--entry-script <file>', 'the script with init() and run()', {
        defaultText: 'found in DIR',
      }),
      code: optionalPath('--code <dir>', 'the source directory of the script', { defaultText: 'DIR' }),
    },
  },
  engine: {
    title: 'Engine',
    settings: {
      choice: withDefault(
        '--engine <kind>',
        `what serves the models: ${among(ENGINE_CHOICES)}`,
        oneOf(ENGINE_CHOICES),
        'auto',
        { defaultText: 'auto, or external with --triton-url' },
      ),
      gpus: optional('--gpus <which>', 'GPUs for the engine: all, none, or numbers such as 0,1', gpus, {
        defaultText: 'all that the engine can use',
      }),
      image: optional(
        '--image <ref>',
        'Triton image for the docker engine, or slim to build a small one',
        text,
      ),
      slimBase: optional('--slim-base <ref>', 'base image of slim, with Python and pip', text),
      dockerHost: optional('--docker-host <url>', 'the Docker daemon to use', text, {
        defaultText: "as Docker's own client finds it",
      }),
      tritonserver: optionalPath('--tritonserver <path>', 'tritonserver program for the native engine', {
        defaultText: 'on PATH, or installed',
      }),
      tritonArgs: withDefault(
        '--triton-arg <arg>',
        'an argument for tritonserver, such as --http-thread-count=4; repeatable',
        tritonArguments,
        [],
        { isRepeatable: true, name: 'tritonArgs', defaultText: 'none' },
      ),
      gpuModelsOnCpu: withDefault(
        '--gpu-models-on-cpu',
        'run models configured with KIND_GPU on the CPU (embedded engine)',
        yesOrNo,
        false,
      ),
      modelControlMode: withDefault(
        '--model-control-mode <mode>',
        `whether clients may load and unload models: ${among(MODEL_CONTROL_MODES)}`,
        oneOf(MODEL_CONTROL_MODES),
        'none',
      ),
    },
  },
  external: {
    title: 'External Triton',
    settings: {
      url: optional('--triton-url <url>', 'address of a running Triton, for the external engine', httpUrl),
      grpcUrl: optional(
        '--triton-grpc-url <url>',
        'address of its gRPC service: grpc://HOST:PORT or grpcs://HOST:PORT',
        grpcUrl,
      ),
      metricsUrl: optional(
        '--triton-metrics-url <url>',
        'address of its metrics: http://HOST:PORT/metrics',
        httpUrl,
      ),
      headers: withDefault(
        '--triton-header <K=V...>',
        'headers to send to that Triton, such as a key',
        headers,
        {},
        { isSecret: true, defaultText: 'none' },
      ),
      ca: optionalPath('--triton-ca <file>', 'certificates to trust for that Triton (PEM)'),
      cert: optionalPath('--triton-cert <file>', 'client certificate for that Triton (PEM)'),
      certKey: optionalPath('--triton-cert-key <file>', 'key of that certificate (PEM)'),
    },
  },
  listen: {
    title: 'Addresses',
    settings: {
      host: withDefault('--host <address>', 'address to listen on', host, '127.0.0.1'),
      port: withDefault('--port <number>', 'scoring port, 0 for any', port, 6789),
      httpPort: withDefault('--http-port <number>', 'Triton HTTP port, 0 for any', port, 8000),
      grpcPort: withDefault('--grpc-port <number>', 'Triton gRPC port, 0 for any', port, 8001),
      metricsPort: withDefault('--metrics-port <number>', 'Triton metrics port, 0 for any', port, 8002),
    },
  },
  script: {
    title: 'Entry script',
    settings: {
      workers: optional('--workers <number>', 'number of Python workers (WORKER_COUNT)', wholeNumber(1, 64), {
        defaultText: '1',
      }),
      interpreter: optionalPath('--python <path>', 'use this Python as it is', {
        path: 'program',
        defaultText: 'an environment built for the project',
      }),
      requirements: optionalPath('--requirements <file>', 'pip requirements of the script', {
        defaultText: 'found in DIR',
      }),
      conda: optionalPath('--conda <file>', 'conda file of the script', { defaultText: 'found in DIR' }),
      debugPython: withDefault(
        '--debug-python',
        'wait for a debugger before loading the script',
        yesOrNo,
        false,
      ),
      env: withDefault('--env <K=V...>', 'variables for the script', variables, {}, { defaultText: 'none' }),
    },
  },
  scoring: {
    title: 'Scoring service',
    settings: {
      auth: withDefault(
        '--auth <mode>',
        `authentication on the scoring port: ${among(AUTH_MODES)} (TRITON_LOCAL_KEY, or a generated one: triton-local keys)`,
        oneOf(AUTH_MODES),
        'none',
      ),
      profile: withDefault(
        '--profile <name>',
        `the cloud whose limits and status codes apply: ${among(CLOUD_PROFILES)}`,
        oneOf(CLOUD_PROFILES),
        'none',
      ),
      profileLimits: withDefault(
        '--profile-limits <K=V...>',
        `limits that replace those of --profile: ${among(PROFILE_LIMITS)}`,
        limits,
        {},
        { defaultText: "the profile's" },
      ),
      dialect: withDefault(
        '--dialect <name>',
        `the scoring server whose error texts and headers to use: ${among(DIALECTS)}`,
        oneOf(DIALECTS),
        'current',
      ),
    },
  },
  reload: {
    title: 'Reload',
    settings: {
      watch: withDefault('--no-watch', 'do not reload on saves', yesOrNo, true, {
        defaultText: 'reload on every save',
      }),
      strict: withDefault('--strict-reload', 'answer 503 while the newest save is broken', yesOrNo, false),
      replayFile: optionalPath(
        '--replay <file>',
        'file with the body of a request to send after each reload',
      ),
    },
  },
  start: {
    title: 'Start',
    settings: {
      timeoutMs: withDefault(
        '--timeout <seconds>',
        'time limit for the start of the engine and for init()',
        seconds,
        300_000,
        { defaultText: '300' },
      ),
      yes: withDefault('--yes', 'install what the engine needs without asking', yesOrNo, false),
    },
  },
  display: {
    title: 'Display',
    settings: {
      ui: withDefault('--ui <mode>', `how to show progress: ${among(UI_MODES)}`, oneOf(UI_MODES), 'auto'),
      logThreshold: withDefault(
        '--log-level <level>',
        `lowest log level to show: ${among(LOG_THRESHOLDS)}`,
        oneOf(LOG_THRESHOLDS),
        'info',
      ),
    },
  },
} as const satisfies Readonly<
  Record<string, { readonly title: string; readonly settings: Readonly<Record<string, Setting>> }>
>;

export type SettingGroupName = keyof typeof SETTING_GROUPS;

/** The values of a group, under the names that the table gives them. */
export type SettingGroup<Name extends SettingGroupName> = ValuesOf<(typeof SETTING_GROUPS)[Name]['settings']>;

type ValuesOf<Settings> = {
  readonly [Key in keyof Settings]: Settings[Key] extends Setting<infer Value> ? Value : never;
};
