import { messageOf, TritonLocalError } from '../base/index.ts';
import { KServeError } from '../kserve/index.ts';
import {
  invalidConfig,
  locateConfigError,
  ModelConfigError,
  type ModelDefinition,
  type ModelVersion,
  missingBackendText,
  readLabels,
} from '../repository/index.ts';
import type { Backend, BackendModel } from './backends/backend.ts';
import { bindSteps, type Members } from './ensemble/ensemble-check.ts';
import { EnsembleScheduler } from './ensemble/ensemble-scheduler.ts';
import { LoadedVersion } from './loaded-version.ts';
import type { ModelMetrics, VersionMetrics } from './metrics/model-metrics.ts';
import { CachingScheduler } from './scheduling/caching-scheduler.ts';
import type { RateLimiter } from './scheduling/rate-limiter.ts';
import type { RequestScheduler } from './scheduling/request-scheduler.ts';
import type { ResponseCache } from './scheduling/response-cache.ts';
import { Scheduler } from './scheduling/scheduler.ts';
import { ImplicitStates } from './scheduling/sequence/implicit-states.ts';
import { SequenceScheduler } from './scheduling/sequence/sequence-scheduler.ts';
import type { ModelStatistics } from './statistics.ts';
import { warmUp } from './warmup.ts';

/** What models are loaded with. */
export interface LoadContext {
  /** By name. */
  readonly backends: ReadonlyMap<string, Backend>;
  readonly members: Members;
  readonly cache: ResponseCache | undefined;
  readonly limiter: RateLimiter | undefined;
  readonly metrics: ModelMetrics;
  /** Called for later problems that fail no request. */
  readonly warn: (text: string) => void;
}

/** Loads one version into memory: backend, labels, warm-up. If this fails, everything is released. */
export async function loadVersion(
  definition: ModelDefinition,
  version: ModelVersion,
  context: LoadContext,
): Promise<LoadedVersion> {
  const { backends } = context;
  if (definition.config.platform === 'ensemble') return loadEnsemble(definition, version, context);
  const { backend: name, platform } = definition.config;
  const backend = backends.get(name);
  if (!backend)
    throw await locateConfigError(
      invalidConfig(missingBackendText(name || platform), ['backend']),
      definition.configFile,
    );
  let model: BackendModel | undefined;
  const metrics = measure(definition, version, context);
  try {
    model = await backend.load(definition, version);
    const labels = new Map<string, readonly string[]>();
    for (const output of model.config.output)
      if (output.label_filename !== '')
        labels.set(output.name, await readLabels({ ...definition, config: model.config }, output));
    const { config } = model;
    const { statistics } = metrics;
    await warmUp(definition, model, statistics);
    const instances = context.limiter?.limit(config, model.instances) ?? model.instances;
    const scheduler = await createScheduler(
      definition,
      { config, instances, returnsStates: model.returnsStates ?? false },
      statistics,
      context,
    );
    metrics.waiting = () => scheduler.waiting;
    const dispose = async () => {
      metrics.close();
      context.limiter?.forget(instances);
      await model?.[Symbol.asyncDispose]();
    };
    return new LoadedVersion({ version: version.version, config, labels, statistics, scheduler, dispose });
  } catch (error) {
    metrics.close();
    await model?.[Symbol.asyncDispose]();
    throw await locateConfigError(error, definition.configFile);
  }
}

async function createScheduler(
  definition: ModelDefinition,
  { config, instances, returnsStates = false }: Omit<BackendModel, typeof Symbol.asyncDispose>,
  statistics: ModelStatistics,
  { cache, warn }: LoadContext,
): Promise<RequestScheduler> {
  if (!config.sequence_batching) {
    const scheduler = new Scheduler(config, instances, statistics);
    return cache && config.response_cache?.enable
      ? new CachingScheduler(scheduler, cache, statistics)
      : scheduler;
  }
  const states = await ImplicitStates.read(definition, config);
  return new SequenceScheduler({ config, instances, statistics, states, returnsStates, warn });
}

async function loadEnsemble(
  definition: ModelDefinition,
  modelVersion: ModelVersion,
  context: LoadContext,
): Promise<LoadedVersion> {
  const labels = new Map<string, readonly string[]>();
  for (const output of definition.config.output)
    if (output.label_filename !== '') labels.set(output.name, await readLabels(definition, output));
  const steps = bindSteps(definition.config, context.members);
  for (const { member } of steps) member.hold();
  // An ensemble is decoupled if one of its members is.
  const decoupled = steps.some(({ member }) => member.config.model_transaction_policy?.decoupled ?? false);
  const config = { ...definition.config, model_transaction_policy: { decoupled } };
  const metrics = measure(definition, modelVersion, context);
  const { statistics } = metrics;
  const scheduler = new EnsembleScheduler(config, steps, statistics);
  const dispose = async () => {
    metrics.close();
    for (const { member } of steps) member.release();
  };
  const { version } = modelVersion;
  return new LoadedVersion({ version, config, labels, statistics, scheduler, dispose });
}

function measure(
  { name, config }: ModelDefinition,
  { version }: ModelVersion,
  { metrics }: LoadContext,
): VersionMetrics {
  const isCached = config.response_cache?.enable ?? false;
  return metrics.open({ model: name, version, tags: config.metric_tags, isCached });
}

const STATUS_NAMES = {
  INVALID_ARG: 'Invalid argument',
  INTERNAL: 'Internal',
  NOT_FOUND: 'Not found',
  UNSUPPORTED: 'Unsupported',
  UNAVAILABLE: 'Unavailable',
} as const;

/** A failure as in Triton's index and logs: the name of the code before the text. */
export function reasonOf(error: unknown): string {
  if (error instanceof KServeError) return `${error.code}: ${error.message}`;
  if (error instanceof ModelConfigError) return `${STATUS_NAMES[error.status]}: ${error.message}`;
  if (error instanceof TritonLocalError) {
    const hint = error.code === 'ONNXRUNTIME_MISSING' && error.hint ? `; ${error.hint}` : '';
    return `${error.kind === 'user' ? 'Invalid argument' : 'Internal'}: ${error.message}${hint}`;
  }
  return `Internal: ${messageOf(error)}`;
}
