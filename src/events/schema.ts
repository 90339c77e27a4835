import { z } from 'zod';
import { ENGINE_KINDS } from '../base/index.ts';

// The single definition of all events: the types are derived from these schemas (no zod at run time), and the build
// writes them as JSON Schema for readers of `--ui json`. Events are facts only; each renderer forms its own sentences.

const milliseconds = z.number().nonnegative();
const generation = z.number().int().nonnegative();

export const engineKind = z.enum(ENGINE_KINDS);
export const modelState = z.enum(['UNKNOWN', 'LOADING', 'READY', 'UNLOADING', 'UNAVAILABLE']);
export const logLevel = z.enum(['debug', 'info', 'warning', 'error']);

/** Who wrote a log line: the user's script, a Python worker's own output, the engine, or triton-local itself. */
export const logSource = z.enum(['script', 'worker', 'engine', 'emulator']);

export const reloadAction = z.object({
  kind: z.enum(['load-model', 'unload-model', 'swap-workers']),
  /** The model's name, or the entry script's path for `swap-workers`. */
  target: z.string(),
  reason: z.string(),
});

export const reloadTimings = z.object({
  /** From the first sign on disk until the changed files are quiet. */
  settleMs: milliseconds,
  planMs: milliseconds,
  applyMs: milliseconds,
  totalMs: milliseconds,
  /** From the save until the project was scanned. These six add up to `totalMs`. */
  noticeMs: milliseconds,
  /** Waiting until the files settled. */
  quietMs: milliseconds,
  /** Copying models to where the engine reads them. */
  stageMs: milliseconds,
  /** Loading models beside those that are serving. */
  loadMs: milliseconds,
  /** Starting the next generation: its environment, its processes, the script's imports and `init()`. */
  warmMs: milliseconds,
  /** Taking over, until the old generation has answered what it accepted. */
  switchMs: milliseconds,
});

/** How changes are detected: by file system events, by scanning only, not while paused, or not at all. */
export const watchMode = z.enum(['events', 'polling', 'paused', 'off']);

const fault = z.object({
  code: z.string(),
  message: z.string(),
  file: z.string().optional(),
  line: z.number().int().positive().optional(),
  column: z.number().int().positive().optional(),
  /** The text of that line, truncated if long. */
  excerpt: z.string().optional(),
  hint: z.string().optional(),
  /** The target of the action that failed: a model's name or the entry script's path. */
  target: z.string().optional(),
});

/** An error; if several actions of a reload failed, the first, containing the others. */
export const failure = fault.extend({ others: z.array(fault).optional() });

const reload = {
  /** The generation that is serving after the event. */
  generation,
  actions: z.array(reloadAction),
  /** Paths that changed, relative to the project if they are inside it. */
  causes: z.array(z.string()),
};

/** One difference between two answers. */
export const answerDifference = z.object({
  /** Such as `outputs[0].label`; empty for the answer as a whole. */
  path: z.string(),
  /** As JSON, truncated if long; empty if there was none. */
  before: z.string(),
  after: z.string(),
});

/** Where clients reach the engine. */
const engineAddresses = {
  httpUrl: z.string(),
  /** `HOST:PORT` of gRPC; absent if its port is not open. */
  grpcAddress: z.string().optional(),
  /** The document of metrics; absent if their port is not open. */
  metricsUrl: z.string().optional(),
};

/** What keeps a started emulator from being ready. */
export const blocker = z.object({
  kind: z.enum(['model', 'script', 'engine']),
  /** The model's name, the entry script's path, or the engine's kind. */
  name: z.string(),
  reason: z.string(),
});

/** A request that is sent again after each reload. */
const replay = {
  method: z.string(),
  /** Request target below the scoring port. */
  path: z.string(),
  /** Of the answer; 0 if there was none. */
  status: z.number().int(),
  /** The generation that answered. */
  generation,
};

export const eventBody = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('emulator.starting'),
    projectDir: z.string(),
    pid: z.number().int(),
    /** Whether callers of the scoring service need a key. */
    auth: z.enum(['none', 'key']).optional(),
  }),
  z.object({
    type: z.literal('emulator.ready'),
    /** The scoring service, e.g. `http://localhost:6789/score`; in no-code mode its base. */
    scoringUri: z.string(),
    ...engineAddresses,
    deployment: z.enum(['no-code', 'script']),
    startMs: milliseconds,
    /** A body to try the script with, as curl's `-d` accepts it: text, or `@` and a file. */
    sample: z.string().optional(),
  }),
  /**
   * Both listeners are open, but the emulator is not ready until something is fixed; then `emulator.ready` follows.
   * Also emitted when a later save ends readiness.
   */
  z.object({
    type: z.literal('emulator.degraded'),
    scoringUri: z.string(),
    ...engineAddresses,
    deployment: z.enum(['no-code', 'script']),
    blockers: z.array(blocker),
  }),
  z.object({ type: z.literal('emulator.stopping'), reason: z.string() }),
  z.object({ type: z.literal('emulator.stopped'), exitCode: z.number().int() }),
  z.object({
    type: z.literal('engine.selected'),
    kind: engineKind,
    gpu: z.string().nullable(),
    reason: z.string(),
  }),
  z.object({ type: z.literal('engine.starting'), kind: engineKind }),
  z.object({
    type: z.literal('engine.pull.progress'),
    image: z.string(),
    /** Fetched so far; neither this nor `total` ever decreases. */
    bytes: z.number().nonnegative(),
    /** Size of the layers whose size is known so far; 0 before the first. */
    total: z.number().nonnegative(),
    bytesPerSecond: z.number().nonnegative(),
    /** Null while unknown, and once only unpacking is left. */
    etaSeconds: z.number().int().nonnegative().nullable(),
    layers: z.object({ done: z.number().int().nonnegative(), total: z.number().int().nonnegative() }),
  }),
  z.object({
    type: z.literal('engine.ready'),
    kind: engineKind,
    version: z.string(),
    ...engineAddresses,
    startMs: milliseconds,
  }),
  z.object({ type: z.literal('engine.exited'), kind: engineKind, reason: z.string() }),
  z.object({
    type: z.literal('model.state'),
    model: z.string(),
    version: z.string(),
    state: modelState,
    reason: z.string(),
    /** How often a process of this version died and was restarted; absent if never. */
    restarts: z.number().int().positive().optional(),
  }),
  z.object({
    type: z.literal('model.statistics'),
    model: z.string(),
    version: z.string(),
    /** Since this version was loaded, counted as in Triton's statistics extension: a batch of n is n inferences. */
    inferenceCount: z.number().int().nonnegative(),
    executionCount: z.number().int().nonnegative(),
    failureCount: z.number().int().nonnegative(),
    /** Means over the requests that succeeded since the previous event: waiting, and computing including copies. */
    queueMs: milliseconds,
    computeMs: milliseconds,
  }),
  z.object({
    type: z.literal('environment.progress'),
    /** What is being prepared, e.g. `python environment`, `onnxruntime`. */
    environment: z.string(),
    step: z.string(),
    detail: z.string(),
  }),
  z.object({ type: z.literal('worker.started'), pid: z.number().int(), generation }),
  z.object({ type: z.literal('worker.ready'), pid: z.number().int(), generation, initMs: milliseconds }),
  z.object({
    type: z.literal('worker.exited'),
    pid: z.number().int(),
    generation,
    exitCode: z.number().int().nullable(),
    signal: z.string().nullable(),
    /** Whether we stopped it; false means that it died. */
    expected: z.boolean(),
  }),
  z.object({
    type: z.literal('scoring.request'),
    id: z.string(),
    method: z.string(),
    path: z.string(),
    status: z.number().int(),
    generation,
    queueMs: milliseconds,
    runMs: milliseconds,
    totalMs: milliseconds,
    /** Why the front end of a cloud profile changed the service's answer. */
    reason: z.string().optional(),
  }),
  /** Requests to Triton's own port since the previous event: all are counted, the newest are in the sample. */
  z.object({
    type: z.literal('engine.requests'),
    count: z.number().int().positive(),
    /** Those of them answered with status 400 or above. */
    failed: z.number().int().nonnegative(),
    sample: z.array(
      z.object({
        time: z.iso.datetime(),
        method: z.string(),
        path: z.string(),
        status: z.number().int(),
        totalMs: milliseconds,
      }),
    ),
  }),
  /** A request of Azure's SDK to the control plane. */
  z.object({
    type: z.literal('azure.request'),
    /** `x-ms-request-id` of the answer. */
    id: z.string(),
    method: z.string(),
    /** Without its query, which may hold a signature. */
    path: z.string(),
    status: z.number().int(),
    totalMs: milliseconds,
  }),
  z.object({ type: z.literal('reload.watching'), mode: watchMode, reason: z.string() }),
  z.object({ type: z.literal('replay.pinned'), ...replay }),
  z.object({
    type: z.literal('replay.answered'),
    ...replay,
    statusBefore: z.number().int(),
    totalMs: milliseconds,
    /** The first differences from the answer before the reload. */
    differences: z.array(answerDifference),
    differenceCount: z.number().int().nonnegative(),
  }),
  z.object({ type: z.literal('replay.unpinned') }),
  z.object({ type: z.literal('reload.planned'), ...reload }),
  z.object({ type: z.literal('reload.completed'), ...reload, timings: reloadTimings }),
  z.object({ type: z.literal('reload.failed'), ...reload, timings: reloadTimings, error: failure }),
  z.object({
    type: z.literal('log.line'),
    source: logSource,
    level: logLevel,
    text: z.string(),
    requestId: z.string().optional(),
    /** The Python model that wrote it. */
    model: z.string().optional(),
  }),
]);

export const event = z
  .object({ v: z.literal(1), seq: z.number().int().positive(), time: z.iso.datetime() })
  .and(eventBody);
