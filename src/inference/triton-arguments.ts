import { messageOf, systemError } from '../base/index.ts';
import { readHeaderPattern } from './forwarded-headers.ts';
import {
  type ArgumentReader,
  GRPC_ARGUMENTS,
  type GrpcSettings,
  readGrpcSettings,
} from './grpc/grpc-settings.ts';
import type { Endpoint } from './http/route.ts';
import { type MetricsSettings, readMetricsConfig } from './metrics/metrics-settings.ts';

/** Endpoints that require a header with this name and value. */
export interface Restriction {
  /** As written, for messages; its case does not matter. */
  readonly header: string;
  readonly value: string;
}

/** Settings of `tritonserver` that this server implements. */
export interface TritonSettings {
  /** Maximum bytes of JSON, and of a raw or decompressed request. */
  readonly maxInputBytes: number;
  readonly restricted: ReadonlyMap<Endpoint, Restriction>;
  /** The same for gRPC, whose methods go by the endpoint that answers the same over HTTP. */
  readonly grpcRestricted: ReadonlyMap<Endpoint, Restriction>;
  /** Names of the header fields that models get as parameters; undefined for none. */
  readonly forwardedHeaders: Readonly<Record<'http' | 'grpc', RegExp | undefined>>;
  readonly grpc: GrpcSettings;
  readonly clientSharedMemory: boolean;
  readonly log: LogDefaults;
  /** Bytes of the response cache; undefined without a cache. */
  readonly cacheBytes: number | undefined;
  /** Resources from `--rate-limit-resource`; undefined if executions are not limited. */
  readonly resources: ReadonlyMap<string, number> | undefined;
  /** Whether the start fails if a model fails to load. */
  readonly exitOnError: boolean;
  readonly strictReadiness: boolean;
  readonly metrics: MetricsSettings;
  /** Loaded at start; undefined for all. */
  readonly loadModels: readonly string[] | undefined;
  /** Arguments that have no effect here. */
  readonly notServed: readonly string[];
}

export interface LogDefaults {
  readonly log_info: boolean;
  readonly log_warning: boolean;
  readonly log_error: boolean;
  readonly log_verbose_level: number;
  readonly log_format: string;
}

/** Triton's default of `--http-max-input-size`. */
const MAX_INPUT_BYTES = 64 * 1024 * 1024;
/** JSON becomes one string, and this is V8's longest. */
const MAX_STRING_BYTES = 512 * 1024 * 1024 - 25;

/** Triton's defaults. */
const METRICS_INTERVAL_MS = 2_000;
const PINNED_POOL_BYTES = 256 * 1024 * 1024;

/** Endpoints by the categories of `--http-restricted-api` and `--grpc-restricted-protocol`. */
const CATEGORIES: Readonly<Record<string, readonly Endpoint[]>> = {
  health: ['live', 'ready', 'model-ready'],
  metadata: ['server-metadata', 'model-metadata'],
  inference: ['infer', 'generate', 'generate-stream'],
  'shared-memory': ['shared-memory-status', 'shared-memory-register', 'shared-memory-unregister'],
  'model-config': ['model-config'],
  'model-repository': ['index', 'load', 'unload'],
  statistics: ['model-stats', 'all-stats'],
  trace: ['trace'],
  logging: ['logging'],
};

/**
 * Reads arguments of Triton's own command line, `--name=value`. This is the only place that knows which of them the
 * embedded engine supports.
 * @throws TritonLocalError ENGINE_START_FAILED for a value that Triton would not accept either
 */
export function readTritonArguments(args: readonly string[]): TritonSettings {
  const values = new Map<string, string>();
  const restricted = new Map<Endpoint, Restriction>();
  const grpcRestricted = new Map<Endpoint, Restriction>();
  const loadModels: string[] = [];
  const resources = new Map<string, number>();
  const metricsConfig: string[] = [];
  const notServed: string[] = [];
  for (const argument of args) {
    const [, name = '', value = ''] = /^--([^=]+)=?(.*)$/s.exec(argument) ?? [];
    if (name === 'http-restricted-api') restrict(name, value, '', restricted);
    else if (name === 'grpc-restricted-protocol')
      restrict(name, value, 'triton-grpc-protocol-', grpcRestricted);
    else if (name === 'cache-config' && !value.startsWith('local,')) notServed.push(argument);
    else if (name === 'rate-limit-resource') readResource(value, resources);
    else if (name === 'metrics-config') metricsConfig.push(value);
    else if (name === 'load-model') loadModels.push(value);
    else if (SERVED.has(name)) values.set(name, value);
    else notServed.push(argument);
  }
  const flag = (name: string, standard: boolean) => readBoolean(name, values.get(name), standard);
  const count = (name: string, standard: number, least: number) =>
    readCount(name, values.get(name), standard, least);
  const forwarded = (name: string) => readForwarded(name, values.get(name));
  return {
    maxInputBytes: Math.min(MAX_STRING_BYTES, count('http-max-input-size', MAX_INPUT_BYTES, 1)),
    restricted,
    grpcRestricted,
    forwardedHeaders: {
      http: forwarded('http-header-forward-pattern'),
      grpc: forwarded('grpc-header-forward-pattern'),
    },
    grpc: readGrpcSettings(readerOf(values)),
    clientSharedMemory: flag('allow-client-shm', true),
    log: {
      log_info: flag('log-info', true),
      log_warning: flag('log-warning', true),
      log_error: flag('log-error', true),
      log_verbose_level: count('log-verbose', 0, 0),
      log_format: readLogFormat(values.get('log-format')),
    },
    cacheBytes: readCacheBytes(values),
    resources: isRateLimited(values.get('rate-limit')) ? resources : undefined,
    exitOnError: flag('exit-on-error', false),
    strictReadiness: flag('strict-readiness', true),
    metrics: {
      ...readMetrics(metricsConfig),
      cpu: flag('allow-cpu-metrics', true),
      intervalMs: count('metrics-interval-ms', METRICS_INTERVAL_MS, 0),
      pinnedPoolBytes: count('pinned-memory-pool-byte-size', PINNED_POOL_BYTES, 0),
    },
    loadModels: loadModels.length === 0 || loadModels.includes('*') ? undefined : loadModels,
    notServed,
  };
}

const SERVED: ReadonlySet<string> = new Set([
  'http-max-input-size',
  'allow-client-shm',
  'log-info',
  'log-warning',
  'log-error',
  'log-verbose',
  'log-format',
  'cache-config',
  'cache-directory',
  'response-cache-byte-size',
  'rate-limit',
  'exit-on-error',
  'strict-readiness',
  'allow-cpu-metrics',
  'allow-gpu-metrics',
  'metrics-interval-ms',
  'pinned-memory-pool-byte-size',
  'http-header-forward-pattern',
  'grpc-header-forward-pattern',
  ...GRPC_ARGUMENTS,
]);

function readerOf(values: ReadonlyMap<string, string>): ArgumentReader {
  return {
    flag: (name, standard) => readBoolean(name, values.get(name), standard),
    count: (name, standard) => {
      const value = values.get(name);
      return value === undefined ? standard : readCount(name, value, 0, 0);
    },
    choice: (name, choices) => {
      const value = values.get(name);
      const found = value === undefined ? choices[0] : choices.find((choice) => choice === value);
      if (found === undefined) throw wrong(name, `one of ${choices.join(', ')}`, value ?? '');
      return found;
    },
    file: (name) => {
      const value = values.get(name) ?? '';
      if (value === '') throw wrong(name, 'a file in PEM, since TLS is on', value);
      return value;
    },
  };
}

function readForwarded(name: string, value: string | undefined): RegExp | undefined {
  if (value === undefined) return undefined;
  const pattern = readHeaderPattern(value);
  if (pattern) return pattern;
  throw wrong(name, 'a regular expression without look-arounds, back-references or classes by name', value);
}

function readMetrics(values: readonly string[]): ReturnType<typeof readMetricsConfig> {
  try {
    return readMetricsConfig(values);
  } catch (error) {
    throw wrong('metrics-config', messageOf(error), values.join(' '));
  }
}

/** `CATEGORY[,CATEGORY…]:HEADER=VALUE` @param prefix what Triton puts before the header's name */
function restrict(
  argument: string,
  text: string,
  prefix: string,
  restricted: Map<Endpoint, Restriction>,
): void {
  const [, names = '', header = '', value = ''] = /^([^:]*):([^=]+)=(.*)$/s.exec(text) ?? [];
  if (header === '') throw wrong(argument, 'CATEGORY:HEADER=VALUE', text);
  for (const name of names.split(',')) {
    const endpoints = CATEGORIES[name];
    if (!endpoints)
      throw wrong(argument, `one of ${Object.keys(CATEGORIES).join(', ')} before the colon`, name);
    for (const endpoint of endpoints) {
      if (restricted.has(endpoint)) throw wrong(argument, 'each category in one restriction only', name);
      restricted.set(endpoint, { header: `${prefix}${header}`, value });
    }
  }
}

/** Triton accepts `true`, `on`, `1` and their opposites in upper and lower case. */
function readBoolean(name: string, value: string | undefined, standard: boolean): boolean {
  if (value === undefined) return standard;
  if (/^(?:true|on|1)$/i.test(value)) return true;
  if (/^(?:false|off|0)$/i.test(value)) return false;
  throw wrong(name, 'true or false', value);
}

function readCount(name: string, value: string | undefined, standard: number, least: number): number {
  if (value === undefined) return standard;
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (number >= least && number <= Number.MAX_SAFE_INTEGER) return number;
  throw wrong(name, `a whole number of at least ${least}`, value);
}

/** `--cache-config=local,size=BYTES`, or the older equivalent flag. */
function readCacheBytes(values: ReadonlyMap<string, string>): number | undefined {
  const config = values.get('cache-config');
  if (config === undefined) {
    const older = values.get('response-cache-byte-size');
    return older === undefined ? undefined : readCount('response-cache-byte-size', older, 0, 1);
  }
  const [, size] = /^local,size=(\d+)$/.exec(config) ?? [];
  if (size === undefined) throw wrong('cache-config', 'local,size=BYTES', config);
  return readCount('cache-config', size, 0, 1);
}

function isRateLimited(mode = 'off'): boolean {
  if (mode === 'execution_count' || mode === 'off') return mode === 'execution_count';
  throw wrong('rate-limit', 'execution_count or off', mode);
}

/** `NAME:COUNT[:DEVICE]`; there is one device. */
function readResource(text: string, resources: Map<string, number>): void {
  const [, name = '', count = ''] = /^([^:]+):(\d+)(?::\d+)?$/.exec(text) ?? [];
  if (name === '') throw wrong('rate-limit-resource', 'NAME:COUNT:DEVICE', text);
  resources.set(name, Number(count));
}

function readLogFormat(value = 'default'): string {
  if (value === 'default' || value === 'ISO8601') return value;
  throw wrong('log-format', 'default or ISO8601', value);
}

function wrong(name: string, wanted: string, value: string): Error {
  return systemError('ENGINE_START_FAILED', `--${name} wants ${wanted}, and was given '${value}'`, {
    hint: `correct --triton-arg --${name}=…, or tritonArgs in triton-local.yaml`,
  });
}
