import type { EmulatorEvent, EventOf } from './event.ts';
import { isFirstLoad, isStale, SCRIPT, withFailed, withoutSettled } from './failures.ts';
import { compareNaturally } from './natural-order.ts';
import { type EmulatorState, initialState, type ModelStatistics, type ModelStatus } from './state.ts';

/**
 * The state after `event`. Pure; returns the same object if the event does not concern state, so that readers can
 * compare by identity. An event that is already folded in changes nothing, so a reader may subscribe first and request
 * the state afterwards.
 */
export function reduce(state: EmulatorState, event: EmulatorEvent): EmulatorState {
  if (event.seq <= state.seq) return state;
  const next = fold(state, event);
  return next === state ? state : { ...next, seq: event.seq };
}

function fold(state: EmulatorState, event: EmulatorEvent): EmulatorState {
  switch (event.type) {
    case 'emulator.starting':
      return {
        ...initialState,
        startedAt: event.time,
        projectDir: event.projectDir,
        pid: event.pid,
        auth: event.auth ?? 'none',
      };
    case 'emulator.ready': {
      const { deployment, scoringUri, startMs } = event;
      return {
        ...state,
        state: 'ready',
        blockers: [],
        deployment,
        scoringUri,
        ...addressesIn(event),
        startMs,
        progress: null,
      };
    }
    case 'emulator.degraded': {
      const { deployment, scoringUri, blockers } = event;
      const addresses = addressesIn(event);
      return { ...state, state: 'degraded', blockers, deployment, scoringUri, ...addresses, progress: null };
    }
    case 'emulator.stopping':
      return { ...state, state: 'stopping', blockers: [], progress: null };
    case 'emulator.stopped':
      return { ...state, state: 'stopped', progress: null, models: [], statistics: [], workers: [] };
    case 'engine.selected':
    case 'engine.starting':
    case 'engine.ready':
    case 'engine.exited':
      return foldEngine(state, event);
    case 'model.state':
      return {
        ...state,
        models: withModel(state.models, event),
        statistics:
          event.state === 'UNAVAILABLE' ? withoutVersion(state.statistics, event) : state.statistics,
      };
    case 'model.statistics':
      return { ...state, statistics: withStatistics(state.statistics, event) };
    case 'environment.progress':
      return { ...state, progress: progressOf(event) };
    case 'engine.pull.progress':
      return { ...state, progress: describePull(event) };
    case 'worker.started':
    case 'worker.ready':
    case 'worker.exited':
      return foldWorker(state, event);
    case 'reload.watching':
      return { ...state, watching: { mode: event.mode, reason: event.reason } };
    case 'replay.pinned':
    case 'replay.answered':
    case 'replay.unpinned':
      return { ...state, replay: replayOf(event) };
    case 'reload.planned':
    case 'reload.completed':
    case 'reload.failed':
      return foldReload(state, event);
    case 'scoring.request':
    case 'engine.requests':
    case 'azure.request':
    case 'log.line':
      return state;
    default:
      event satisfies never;
      // A newer emulator may send events that an older screen does not know.
      return state;
  }
}

/**
 * The state as reported by an answer of this generation. A generation that has just taken over is not stale, although
 * its reload completes only when the previous generation has answered what it had accepted.
 */
export function asServedBy(state: EmulatorState, generation: number): EmulatorState {
  if (generation === state.generation) return state;
  const failures = state.failures.filter(({ targets }) => !targets.includes(SCRIPT));
  return { ...state, generation, failures, stale: isStale(failures) };
}

function addressesIn({
  httpUrl,
  grpcAddress,
  metricsUrl,
}: EventOf<'engine.ready' | 'emulator.ready' | 'emulator.degraded'>): Pick<
  EmulatorState,
  'httpUrl' | 'grpcAddress' | 'metricsUrl'
> {
  return { httpUrl, grpcAddress: grpcAddress ?? null, metricsUrl: metricsUrl ?? null };
}

function foldEngine(
  state: EmulatorState,
  event: EventOf<'engine.selected' | 'engine.starting' | 'engine.ready' | 'engine.exited'>,
): EmulatorState {
  const { kind } = event;
  const known = state.engine?.kind === kind ? state.engine : { kind, gpu: null, reason: '', version: null };
  const { exited: _gone, ...running } = known;
  switch (event.type) {
    case 'engine.selected':
      return { ...state, engine: { kind, gpu: event.gpu, reason: event.reason, version: null } };
    case 'engine.starting':
      return { ...state, engine: { ...running, version: null }, progress: null };
    case 'engine.ready':
      return {
        ...state,
        engine: { ...running, version: event.version },
        ...addressesIn(event),
        progress: null,
      };
    case 'engine.exited': {
      const reason = `the engine ended: ${event.reason}`;
      const models = state.models.map((model): ModelStatus => ({ ...model, state: 'UNAVAILABLE', reason }));
      return { ...state, engine: { ...running, exited: event.reason }, models, statistics: [] };
    }
    default:
      return event satisfies never;
  }
}

/**
 * The list with this model's new state, ordered by name and version (`model_2` before `model_10`). An unloaded version
 * disappears (Triton's own index keeps it as UNAVAILABLE `unloaded`, which a screen does not need). An entry without a
 * version, which represents a model whose configuration could not be read, is replaced by the model's versions.
 */
function withModel(models: readonly ModelStatus[], event: EventOf<'model.state'>): readonly ModelStatus[] {
  const { model: name, version, state, reason, restarts } = event;
  const isUnloaded = state === 'UNAVAILABLE' && reason === 'unloaded';
  const others = models.filter((it) => {
    if (it.name !== name) return true;
    if (isUnloaded && version === '') return false;
    return it.version !== version && !(it.version === '' && version !== '');
  });
  if (isUnloaded) return others;
  const status = { name, version, state, reason, ...(restarts ? { restarts } : {}) };
  return [...others, status].sort(byNameAndVersion);
}

function withStatistics(
  known: readonly ModelStatistics[],
  { model: name, ...event }: EventOf<'model.statistics'>,
): readonly ModelStatistics[] {
  const { version, inferenceCount, executionCount, failureCount, queueMs, computeMs } = event;
  const figures = { name, version, inferenceCount, executionCount, failureCount, queueMs, computeMs };
  return [...withoutVersion(known, { model: name, version }), figures].sort(byNameAndVersion);
}

function withoutVersion(
  known: readonly ModelStatistics[],
  { model, version }: { readonly model: string; readonly version: string },
): readonly ModelStatistics[] {
  return known.filter((it) => it.name !== model || it.version !== version);
}

type Version = Pick<ModelStatus, 'name' | 'version'>;

function byNameAndVersion(one: Version, other: Version): number {
  return compareNaturally(one.name, other.name) || Number(one.version) - Number(other.version);
}

function progressOf({ environment, step, detail }: EventOf<'environment.progress'>): string {
  return [`${environment}: ${step}`, detail].filter(Boolean).join(' ');
}

/** Whether the start is waiting for an image to be pulled or built, which the user may skip. */
export function waitsForImage({ state, engine, progress }: EmulatorState): boolean {
  return state === 'starting' && engine?.kind === 'docker' && engine.version === null && progress !== null;
}

/** A download in one line: amount, speed, time left. */
export function describePull(event: Omit<EventOf<'engine.pull.progress'>, 'v' | 'seq' | 'time'>): string {
  const { image, bytes, total, bytesPerSecond, etaSeconds, layers } = event;
  const megabytes = (count: number) => `${Math.round(count / 1e6)} MB`;
  const fetched = total > 0 ? `${megabytes(bytes)} of ${megabytes(total)}` : 'asking the registry';
  const rate = bytesPerSecond > 0 && bytes < total ? `, ${megabytes(bytesPerSecond)}/s` : '';
  const eta = etaSeconds === null ? '' : `, ${etaSeconds} s left`;
  const counted = layers.total > 0 ? ` (${layers.done} of ${layers.total} layers)` : '';
  return `pulling ${image}: ${fetched}${rate}${eta}${counted}`;
}

function foldWorker(
  state: EmulatorState,
  event: EventOf<'worker.started' | 'worker.ready' | 'worker.exited'>,
): EmulatorState {
  const { pid } = event;
  const others = state.workers.filter((worker) => worker.pid !== pid);
  switch (event.type) {
    case 'worker.started':
      return { ...state, workers: [...others, { pid, state: 'starting', busy: false }], progress: null };
    case 'worker.ready': {
      const workers = state.workers.map((it) => (it.pid === pid ? { ...it, state: 'ready' as const } : it));
      // No reload announces the first generation; later ones serve only when their reload says so.
      const generation = state.generation === 0 ? event.generation : state.generation;
      return { ...state, workers, generation };
    }
    case 'worker.exited': {
      const died = !event.expected && state.state === 'ready';
      return { ...state, workers: others, workersDied: state.workersDied + (died ? 1 : 0) };
    }
    default:
      return event satisfies never;
  }
}

function foldReload(
  state: EmulatorState,
  event: EventOf<'reload.planned' | 'reload.completed' | 'reload.failed'>,
): EmulatorState {
  const { generation, actions, causes, time } = event;
  const facts = { time, actions, causes };
  switch (event.type) {
    case 'reload.planned':
      return {
        ...state,
        generation,
        reload: { outcome: 'planned', ...facts, timings: null, error: null },
      };
    case 'reload.completed': {
      const failures = withoutSettled(state.failures, actions);
      return {
        ...state,
        generation,
        failures,
        stale: isStale(failures),
        reload: { outcome: 'completed', ...facts, timings: event.timings, error: null },
        reloads: state.reloads + (actions.length > 0 ? 1 : 0),
        progress: null,
      };
    }
    case 'reload.failed': {
      const failures = withFailed(state, event);
      return {
        ...state,
        generation,
        failures,
        stale: isStale(failures),
        reload: isFirstLoad(actions)
          ? state.reload
          : { outcome: 'failed', ...facts, timings: event.timings, error: event.error },
        progress: null,
      };
    }
    default:
      return event satisfies never;
  }
}

function replayOf(
  event: EventOf<'replay.pinned' | 'replay.answered' | 'replay.unpinned'>,
): EmulatorState['replay'] {
  if (event.type === 'replay.unpinned') return null;
  const { method, path, status, generation } = event;
  if (event.type === 'replay.pinned') return { method, path, status, generation, change: null };
  const { statusBefore, differences, differenceCount } = event;
  return { method, path, status, generation, change: { statusBefore, differences, differenceCount } };
}
