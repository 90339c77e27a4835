import { z } from 'zod';

// The vocabulary of what happens, once: the types come from these schemas (no zod at run time) and the build writes
// them as JSON Schema for readers of `--ui json`. Facts only; every rendering makes its own sentences.

const milliseconds = z.number().nonnegative();
const generation = z.number().int().nonnegative();

export const engineKind = z.enum(['docker', 'native', 'embedded', 'external']);
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
  /** From the first sign on disk to a quiet, changed set of files. */
  settleMs: milliseconds,
  planMs: milliseconds,
  applyMs: milliseconds,
  totalMs: milliseconds,
  /** These six add up to `totalMs`. This one: from the save until the project was scanned. */
  noticeMs: milliseconds,
  /** Waiting until the files had settled. */
  quietMs: milliseconds,
  /** Copying models to where the engine reads them. */
  stageMs: milliseconds,
  /** The engine loading models beside those that serve. */
  loadMs: milliseconds,
  /** The next generation: its environment, its processes, the script's imports and `init()`. */
  warmMs: milliseconds,
  /** Taking over, until the old has answered what it had accepted. */
  switchMs: milliseconds,
});

/** How changes are noticed: by the file system's events, by looking alone, not for now, or not at all. */
export const watchMode = z.enum(['events', 'polling', 'paused', 'off']);

const fault = z.object({
  code: z.string(),
  message: z.string(),
  file: z.string().optional(),
  line: z.number().int().positive().optional(),
  column: z.number().int().positive().optional(),
  /** The text of that line, cut where it is long. */
  excerpt: z.string().optional(),
  hint: z.string().optional(),
  /** The target of the action that failed: a model's name or the entry script's path. */
  target: z.string().optional(),
});

/** An error; where several actions of one reload failed, the first, with the others in it. */
export const failure = fault.extend({ others: z.array(fault).optional() });

const reload = {
  /** The generation that serves after the event. */
  generation,
  actions: z.array(reloadAction),
  /** Paths that changed, relative to the project where they lie in it. */
  causes: z.array(z.string()),
};

/** One place where two answers differ. */
export const answerDifference = z.object({
  /** Such as `outputs[0].label`; empty for the answer as a whole. */
  path: z.string(),
  /** As JSON, cut where it is long; empty where there was nothing. */
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

/** What keeps an emulator whose start is over from being ready. */
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
  /** Of the answer; 0 where there was none. */
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
    /** A body that the script can be tried with, as curl's `-d` takes it: the text, or `@` and a file. */
    sample: z.string().optional(),
  }),
  /**
   * Both listeners are open, but the emulator is not ready: something must be fixed first. `emulator.ready` follows
   * when it is. Also emitted when a later save takes readiness away.
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
    /** Fetched so far; neither this nor `total` ever falls. */
    bytes: z.number().nonnegative(),
    /** Of the layers whose size is known yet; 0 before the first. */
    total: z.number().nonnegative(),
    bytesPerSecond: z.number().nonnegative(),
    /** Null while it cannot be told, and once only unpacking is left. */
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
    /** How often a process of this version has died and was started again; absent for never. */
    restarts: z.number().int().positive().optional(),
  }),
  z.object({
    type: z.literal('model.statistics'),
    model: z.string(),
    version: z.string(),
    /** Since this version was loaded, as Triton's statistics extension counts: a batch of n is n inferences. */
    inferenceCount: z.number().int().nonnegative(),
    executionCount: z.number().int().nonnegative(),
    failureCount: z.number().int().nonnegative(),
    /** Means of the requests that have succeeded since the event before: waiting, and computing with copies. */
    queueMs: milliseconds,
    computeMs: milliseconds,
  }),
  z.object({
    type: z.literal('environment.progress'),
    /** What is being made, e.g. `python environment`, `onnxruntime`. */
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
    /** Whether we ended it: false means that it died. */
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
    /** Why the front end of a cloud profile answered otherwise than the service. */
    reason: z.string().optional(),
  }),
  /** What clients asked of Triton's own port since the event before: all counted, the newest in the sample. */
  z.object({
    type: z.literal('engine.requests'),
    count: z.number().int().positive(),
    /** Of these, answered with a status of 400 or more. */
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
  z.object({ type: z.literal('reload.watching'), mode: watchMode, reason: z.string() }),
  z.object({ type: z.literal('replay.pinned'), ...replay }),
  z.object({
    type: z.literal('replay.answered'),
    ...replay,
    statusBefore: z.number().int(),
    totalMs: milliseconds,
    /** The first places where the answer differs from the one before the reload. */
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
