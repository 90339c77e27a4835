import { ENGINE_KINDS } from '../base/index.ts';

// The JSON Schema of the status document. It names what readers may rely on; objects may gain properties.

const text = { type: 'string' };
const count = { type: 'integer', minimum: 0 };
const number = { type: 'number', minimum: 0 };
const flag = { type: 'boolean' };
const orNull = (schema: { readonly type: string }) => ({ ...schema, type: [schema.type, 'null'] });
const listOf = (items: object) => ({ type: 'array', items });
const withAll = (properties: Readonly<Record<string, object>>) => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
});

/** An error as data; the location is absent if unknown. */
const failure = {
  type: 'object',
  required: ['code', 'message'],
  properties: {
    code: text,
    message: text,
    file: text,
    line: count,
    column: count,
    excerpt: text,
    hint: text,
  },
};

const engine = withAll({
  kind: { enum: ENGINE_KINDS },
  gpu: orNull(text),
  reason: text,
  version: orNull(text),
});

const model = withAll({
  name: text,
  version: text,
  state: { enum: ['UNKNOWN', 'LOADING', 'READY', 'UNLOADING', 'UNAVAILABLE'] },
  reason: text,
  failure: orNull(failure),
});

const statistics = withAll({
  name: text,
  version: text,
  inferenceCount: count,
  executionCount: count,
  failureCount: count,
  queueMs: number,
  computeMs: number,
});

const reload = withAll({
  outcome: { enum: ['planned', 'completed', 'failed'] },
  time: text,
  actions: listOf(withAll({ kind: text, target: text, reason: text })),
  causes: listOf(text),
  timings: orNull({ type: 'object' }),
  error: orNull(failure),
});

export const statusSchema = withAll({
  state: { enum: ['starting', 'degraded', 'ready', 'stopping', 'stopped'] },
  uptimeSeconds: number,
  engine: orNull(engine),
  addresses: withAll({
    scoring: orNull(text),
    http: orNull(text),
    grpc: orNull(text),
    metrics: orNull(text),
  }),
  generation: count,
  stale: flag,
  blockers: listOf(withAll({ kind: { enum: ['model', 'script', 'engine'] }, name: text, reason: text })),
  failures: listOf(withAll({ time: text, targets: listOf(text), error: failure, olderServes: flag })),
  models: listOf(model),
  statistics: listOf(statistics),
  workers: listOf(withAll({ pid: count, state: { enum: ['starting', 'ready', 'exited'] }, busy: flag })),
  workersDied: count,
  reload: orNull(reload),
  watching: orNull(withAll({ mode: { enum: ['events', 'polling', 'paused', 'off'] }, reason: text })),
});
