import { type EmulatorState, withNewestFailure } from '../events/index.ts';

/** What the status document shows of the serving generation of workers. */
export interface WorkerGeneration {
  readonly generation: number;
  workers(): EmulatorState['workers'];
}

export interface StatusSource {
  state(): EmulatorState;
  /** Undefined in no-code mode and until a script has started. */
  pool(): WorkerGeneration | undefined;
}

/**
 * What `GET /_triton-local/status` answers: what runs now, and how the last reload went. Fields are only ever added.
 */
export function statusDocument(source: StatusSource) {
  const state = source.state();
  const pool = source.pool();
  const { startedAt, failures } = state;
  return {
    state: state.state,
    uptimeSeconds: startedAt === null ? 0 : Math.max(0, (Date.now() - Date.parse(startedAt)) / 1000),
    engine: state.engine,
    addresses: {
      scoring: state.scoringUri,
      http: state.httpUrl,
      grpc: state.grpcAddress,
      metrics: state.metricsUrl,
    },
    generation: pool?.generation ?? state.generation,
    stale: state.stale,
    blockers: state.blockers,
    failures,
    models: state.models.map((model) => withNewestFailure(model, failures)),
    statistics: state.statistics,
    // The pool knows which workers are busy at this moment; the state folded from events knows only starts and ends.
    workers: pool?.workers() ?? state.workers,
    workersDied: state.workersDied,
    reload: state.reload,
    watching: state.watching,
  };
}
