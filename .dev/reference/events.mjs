import { page, table } from './page.mjs';

/** When each event is emitted, and what its fields mean where their names do not say it. */
const MEANINGS = {
  'emulator.starting':
    'The emulator is starting. `auth` says whether callers of the scoring service need a key.',
  'emulator.ready':
    'The emulator is ready: `GET /v2/health/ready` and `GET /` of the scoring port answered 200. `scoringUri` is the address of the scoring service; without an entry script, it has no path. `sample` is a `curl` command to try.',
  'emulator.degraded':
    'Both ports are open, but something has to be fixed before the emulator is ready. Each blocker names a model, the script or the engine. `emulator.ready` follows when the last blocker is gone. A later save that makes the emulator unready emits this event again.',
  'emulator.stopping': 'The emulator is stopping. `reason` says why, such as `SIGINT`.',
  'emulator.stopped': 'Everything has stopped. This is the last event.',
  'engine.selected':
    'An engine was chosen, for this `reason`. `gpu` is the name of the GPU that it uses, or null.',
  'engine.starting': 'The engine is starting.',
  'engine.pull.progress':
    'The progress of an image download, a few times a second. `total` is the size of the layers whose size is known so far, 0 at first. `etaSeconds` is null while the remaining time is unknown.',
  'engine.ready':
    'The engine answers at `httpUrl`. `version` is its release of Triton, or the one that the embedded engine follows.',
  'engine.exited': 'The engine ended unexpectedly. It is started again.',
  'model.state':
    'The state of a model version changed. `reason` says why, in Triton’s words. `restarts` counts how often the process of a Python model was restarted.',
  'model.statistics':
    'The counts of a model version since it was loaded; a batch of n counts as n inferences. `queueMs` and `computeMs` are averages over the requests that succeeded since the previous event.',
  'environment.progress': 'A Python environment or a package is being installed.',
  'worker.started': 'A Python worker of the script was started.',
  'worker.ready': 'A worker has run `init()`.',
  'worker.exited': 'A worker ended. `expected` is false if it was not stopped by triton-local.',
  'scoring.request':
    'A request to the scoring port was answered. `queueMs` is its time in the queue, `runMs` its time in `run()`. `reason` is given if a limit of `--profile` decided the answer.',
  'engine.requests':
    'The requests to Triton’s port since the previous event. `count` counts all of them, `failed` those with a status of 400 or more, and `sample` lists the newest.',
  'azure.request':
    'A request of Azure’s SDK to the control plane was answered. `id` is the `x-ms-request-id` of the answer.',
  'reload.watching':
    'How changes to files are noticed from now on. `reason` says why, if it is not by file events.',
  'replay.pinned': 'A request was pinned. It is sent again after each reload.',
  'replay.answered':
    'The pinned request was answered after a reload. `differences` lists the first places where the answer differs from the previous one; `differenceCount` counts all of them.',
  'replay.unpinned': 'No request is pinned any more.',
  'reload.planned': 'A change was found. `actions` is what it reloads, `causes` are the paths that changed.',
  'reload.completed':
    'From now on, only the new content answers. `noticeMs`, `quietMs`, `stageMs`, `loadMs`, `warmMs` and `switchMs` add up to `totalMs`; [Hot reload](../hot-reload.md#how-it-works) explains them.',
  'reload.failed':
    'The new content could not be loaded, and the previous content keeps answering. `error` names the place in your files; `others` lists further errors of the same reload.',
  'log.line':
    'A line of the log. `source` says where it came from; `requestId` is the request that was running, `model` the Python model that wrote it.',
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
      '`up --ui json`, `attach --ui json` and `logs --json` print one event per line on stdout. Everything else goes to stderr.',
      [
        '```json',
        '{"v":1,"seq":7,"time":"2026-11-28T10:00:00.000Z","type":"worker.ready","pid":4711,"generation":1,"initMs":131.4}',
        '```',
      ].join('\n'),
      [
        'For example, this prints the errors of reloads as they happen, with `jq`:',
        '',
        '```sh',
        'npx triton-local up --ui json | jq -c \'select(.type == "reload.failed") | .error\'',
        '```',
      ].join('\n'),
      'Every event has `v` (1, the version of the format), `seq` (increases by one), `time` (ISO 8601, UTC) and `type`. New types and fields may be added; existing ones keep their meaning. Times that end in `Ms` are milliseconds. A `?` marks fields that may be absent. The package exports the JSON Schema as `triton-local/schemas/event.schema.json`.',
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
