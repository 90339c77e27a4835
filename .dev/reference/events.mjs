import { page, table } from './page.mjs';

/** When each event is emitted, and what its fields mean where their names do not say it. */
const MEANINGS = {
  'emulator.starting': 'The start has begun. `auth` says whether callers of the scoring service need a key.',
  'emulator.ready':
    'Everything answers: `GET /v2/health/ready` and `GET /` of the scoring port gave 200. `scoringUri` is the scoring service; without an entry script it is the base address.',
  'emulator.degraded':
    'Both ports are open, but something must be fixed before the emulator is ready. Each blocker names a model, the script or the engine. `emulator.ready` follows when the last one is gone. A later save that takes readiness away emits this event again.',
  'emulator.stopping': 'The end has begun.',
  'emulator.stopped': 'Everything has ended; the last event.',
  'engine.selected':
    'The engine and why it was chosen. `gpu` is the name of the GPU that it computes on, or null.',
  'engine.starting': 'The engine is being started.',
  'engine.pull.progress':
    'The download of an image, a few times a second. `total` counts the layers whose size is known, and is 0 before the first. `etaSeconds` is null while nobody can tell.',
  'engine.ready':
    'The engine answers at `httpUrl`. `version` is the release of Triton that it is or imitates.',
  'engine.exited': 'The engine ended without being asked to. It is started again.',
  'model.state': 'A version of a model changed its state. `reason` says why, in Triton’s words.',
  'model.statistics':
    'What a version has done since it was loaded: a batch of n is n inferences. `queueMs` and `computeMs` are means over the requests that succeeded since the previous event.',
  'environment.progress': 'A Python environment or a package is being installed.',
  'worker.started': 'A Python worker of the script was started.',
  'worker.ready': 'A worker has run `init()`.',
  'worker.exited': 'A worker ended. `expected` is false if it died by itself.',
  'scoring.request':
    'A request to the scoring port was answered. `reason` says why the front end of a cloud profile answered in place of the service.',
  'engine.requests':
    'Requests to the engine’s own port since the previous event: all of them are counted, and the newest are in `sample`. `failed` counts statuses of 400 and more.',
  'reload.watching': 'How changes are noticed from now on, and why.',
  'replay.pinned': 'A request was pinned: it is sent again after each reload.',
  'replay.answered':
    'The pinned request was answered after a reload. `differences` holds the first places where the answer differs from the previous one.',
  'replay.unpinned': 'No request is pinned any more.',
  'reload.planned': 'A change was found, and this is what it reloads. `causes` are the paths that changed.',
  'reload.completed':
    'From now on only the new content answers. `noticeMs`, `quietMs`, `stageMs`, `loadMs`, `warmMs` and `switchMs` add up to `totalMs`; [Hot reload](../hot-reload.md#how-it-works) explains them.',
  'reload.failed':
    'The new content was refused, and the previous content keeps answering. `error` names the place in your files; `others` holds further errors of the same reload.',
  'log.line':
    'A line of a log. `source` says who wrote it, `requestId` which request was running, `model` which Python model.',
};

/** The events of `--ui json` with the types of their fields, from the schema. */
export function eventsPage({ event, z }) {
  const { oneOf: bodies } = z.toJSONSchema(event);
  const types = bodies.map(({ properties }) => properties.type.const);
  const differing = [
    ...types.filter((type) => !MEANINGS[type]),
    ...Object.keys(MEANINGS).filter((type) => !types.includes(type)),
  ];
  if (differing.length > 0)
    throw new Error(`.dev/reference/events.mjs and the schema differ in: ${differing}`);
  const groups = [...new Set(types.map(groupOf))];
  return page({
    title: 'Events',
    source: 'src/events/schema.ts',
    related: [
      ['Commands', 'commands.md'],
      ['Errors', 'errors.md'],
      ['Hot reload', '../hot-reload.md'],
    ],
    intro: [
      '`up --ui json`, `attach --ui json` and `logs --json` print one event a line on stdout. Everything else goes to stderr.',
      [
        '```json',
        '{"v":1,"seq":7,"time":"2026-11-28T10:00:00.000Z","type":"worker.ready","pid":4711,"generation":1,"initMs":131.4}',
        '```',
      ].join('\n'),
      [
        'For example, the errors of reloads as they happen, with `jq`:',
        '',
        '```sh',
        'npx triton-local up --ui json | jq -c \'select(.type == "reload.failed") | .error\'',
        '```',
      ].join('\n'),
      'Every event has `v` (1, the version of the format), `seq` (rises by one), `time` (ISO 8601, UTC) and `type`. New types and fields may be added; existing ones keep their meaning. Times that end in `Ms` are milliseconds. A `?` marks fields that may be absent. The package exports the JSON Schema as `triton-local/schemas/event.schema.json`.',
    ],
    parts: groups.map((group) => {
      const own = bodies.filter(({ properties }) => groupOf(properties.type.const) === group);
      return [`## ${group}`, ...own.map(eventPart)].join('\n\n');
    }),
  });
}

const groupOf = (type) => type.split('.')[0];

function eventPart(body) {
  const type = body.properties.type.const;
  const { v: _v, seq: _seq, time: _time, type: _type, ...fields } = body.properties;
  const rows = fieldRows(fields, body.required ?? [], '');
  const parts = [`### ${type}`, MEANINGS[type]];
  return [...parts, ...(rows.length > 0 ? [table(['Field', 'Type'], rows)] : [])].join('\n\n');
}

/** A row for each field; the fields of an object come below it. */
function fieldRows(properties, required, prefix) {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = `${prefix}${name}`;
    const row = [`\`${path}\`${required.includes(name) ? '' : ' ?'}`, typeName(schema)];
    const inner = schema.type === 'array' ? schema.items : schema;
    if (inner?.type !== 'object') return [row];
    const below = schema.type === 'array' ? `${path}[].` : `${path}.`;
    return [row, ...fieldRows(inner.properties, inner.required ?? [], below)];
  });
}

function typeName(schema) {
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.anyOf) return schema.anyOf.map(typeName).join(' or ');
  if (schema.type === 'array')
    return schema.items.type === 'object' ? 'list of objects' : `list of ${typeName(schema.items)}s`;
  if (schema.type === 'string' && schema.format === 'date-time') return 'time';
  return [schema.type].flat().join(' or ');
}
