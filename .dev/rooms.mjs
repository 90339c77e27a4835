// The rooms of src: what each is for, what it may import, and where each heavy library is used. `npm run rooms` checks
// that rooms import downward only, through a room's index.ts; that there are no cycles (types included); that each
// library stays in its place; that no file is called `utils`; and that src/ARCHITECTURE.md shows these tables
// (`npm run rooms -- --write` puts them there). Exits 1 and prints each breach as file:line.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * Each room with its purpose and the rooms that it may import: `rooms` freely, `types` with `import type`, `only` in
 * the places named.
 */
export const ROOMS = {
  base: {
    purpose:
      'what every room needs: errors, lifetimes, clock, ports, draining servers, bearer keys, files, locks, processes',
  },
  events: {
    purpose: 'the vocabulary of what happened (`schema.ts`), the bus, and the state and logs folded from it',
    rooms: ['base'],
  },
  kserve: {
    purpose: 'the Open Inference Protocol as data: datatypes, JSON and binary tensors, a client',
    rooms: ['base'],
  },
  config: {
    purpose: 'flags, `TRITON_LOCAL_*`, `triton-local.yaml` and detection become one frozen `ProjectConfig`',
    rooms: ['base'],
  },
  repository: {
    purpose: 'the model repository on disk: `config.pbtxt`, versions, auto-complete, snapshots, staging',
    rooms: ['base', 'kserve'],
    types: ['config'],
  },
  python: {
    purpose:
      'supervised Python workers over framed pipes, spare workers, forks (`WORKER_PRELOAD`), environments, the harness',
    rooms: ['base', 'events'],
    types: ['config'],
  },
  inference: {
    purpose: 'the embedded KServe v2 server',
    rooms: ['base', 'events', 'kserve', 'repository', 'python'],
    types: ['config'],
  },
  engines: {
    purpose: 'the `Engine` interface, its four forms, and how one is chosen',
    rooms: ['base', 'events', 'kserve', 'proxy'],
    types: ['config', 'repository'],
    only: {
      inference: ['engines/embedded.ts'],
      python: ['engines/native/'],
      repository: ['engines/native/', 'engines/onnx-as-python/', 'engines/load-failure.ts'],
    },
  },
  console: {
    purpose: 'everything under `/_triton-local/`: a fastify application that the first request to it loads',
    rooms: ['base', 'events'],
  },
  scoring: {
    purpose: 'the Azure ML scoring service',
    rooms: ['base', 'events', 'python'],
    types: ['config'],
  },
  reload: {
    purpose: 'from file noise to a settled change, a pure plan, and its ordered application',
    rooms: ['base', 'events', 'repository'],
    types: ['config'],
  },
  workspace: {
    purpose:
      'state on disk: instances and keys; the models, environments, services and endpoints of Azure ML',
    rooms: ['base'],
  },
  control: {
    purpose: 'starts an emulator in a process of its own, and talks to one that runs',
    rooms: ['base', 'events'],
    types: ['workspace'],
  },
  proxy: {
    purpose:
      'the two reverse proxies: the gateway in front of an engine that runs elsewhere, and the online endpoint (keys, traffic split) in front of its deployments',
    rooms: ['base', 'events', 'kserve', 'workspace', 'control'],
    types: ['config', 'repository'],
  },
  azureml: {
    purpose:
      'the verbs of Azure ML: schemas and texts, what a deployment becomes, what az prints; `sdk/` is `azureml.core` in Python',
    rooms: ['base', 'events', 'repository', 'workspace', 'control'],
    types: ['config'],
  },
  emulator: {
    purpose: 'the composition root',
    rooms: [
      'base',
      'events',
      'kserve',
      'config',
      'repository',
      'python',
      'inference',
      'engines',
      'console',
      'scoring',
      'reload',
      'workspace',
      'control',
    ],
  },
  cloud: {
    purpose: 'smoke tests; later, checks and exports',
    rooms: ['base', 'config', 'repository', 'kserve'],
  },
  ui: {
    purpose: 'Ink screen, plain lines, NDJSON: the renderings of events and results',
    rooms: ['base', 'events'],
    types: ['control'],
  },
  cli: {
    purpose: 'a declaration and a file for each command; `azure/` has the flags of az',
    rooms: [
      'base',
      'events',
      'config',
      'workspace',
      'control',
      'proxy',
      'azureml',
      'emulator',
      'cloud',
      'ui',
    ],
  },
};

/** Libraries and the only places that may import them; without a place, they are resolved at run time. Types may be imported anywhere. */
export const LIBRARIES = {
  '@fastify/reply-from': ['proxy/endpoint/'],
  chokidar: ['reload/watcher.ts'],
  commander: ['cli/'],
  dockerode: ['engines/docker/'],
  'tar-fs': ['engines/docker/archive.ts'],
  execa: ['engines/', 'python/'],
  fastify: ['console/', 'proxy/endpoint/'],
  ink: ['ui/tui/'],
  jmespath: ['cli/azure/'],
  'onnxruntime-node': [],
  protobufjs: ['repository/'],
  react: ['ui/tui/'],
  'cli-truncate': ['ui/'],
  'string-width': ['ui/'],
  'wrap-ansi': ['ui/'],
  undici: ['cloud/', 'engines/', 'kserve/', 'proxy/endpoint/'],
  yaml: ['azureml/', 'cli/azure/', 'cloud/', 'config/', 'python/'],
  zod: ['cloud/', 'events/'],
};

const IMPORT =
  /^\s*(?:import|export)\s+(type\s+)?[^'"]*?from\s+['"]([^'"]+)['"]|^\s*import\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm;

/** Every breach of the rule below `src`, as `file:line message`. */
export function findBreaches(src) {
  const breaches = [];
  const graph = new Map();
  for (const file of sourceFiles(src)) {
    const text = readFileSync(path.join(src, file), 'utf8');
    const targets = [];
    for (const match of text.matchAll(IMPORT)) {
      const specifier = match[2] ?? match[3] ?? match[4];
      const line = text.slice(0, match.index).split('\n').length + (/^\s*\n/.test(match[0]) ? 1 : 0);
      const report = (message) => breaches.push(`${file}:${line} ${message}`);
      if (specifier.startsWith('.')) {
        const target = path.posix.join(path.posix.dirname(file), specifier);
        targets.push(target);
        checkRoom(file, target, Boolean(match[1]), report);
      } else {
        checkLibrary(file, specifier, Boolean(match[1]), report);
      }
    }
    if (/(^|\/)utils?\.tsx?$/.test(file))
      breaches.push(`${file}:1 no file is called utils: name the noun it holds`);
    graph.set(file, targets);
  }
  for (const cycle of findCycles(graph)) breaches.push(`${cycle[0]}:1 import cycle: ${cycle.join(' -> ')}`);
  return breaches;
}

function checkRoom(file, target, typeOnly, report) {
  const from = file.split('/')[0];
  const to = target.split('/')[0];
  if (from === to) {
    if (target === `${to}/index.ts` && file !== target)
      report(`a file of ${from} does not import the index.ts of ${from}`);
    return;
  }
  const rule = ROOMS[from];
  if (!rule) return report(`${from} is not a room: add it to the table, or move the file`);
  const allowed =
    rule.rooms?.includes(to) ||
    rule.only?.[to]?.some((place) => file.startsWith(place)) ||
    (typeOnly && rule.types?.includes(to));
  if (!allowed) report(`${from} may not import ${to}${rule.types?.includes(to) ? ' but as types' : ''}`);
  if (target !== `${to}/index.ts`) report(`other rooms are entered by their index.ts, not ${target}`);
}

function checkLibrary(file, specifier, typeOnly, report) {
  const name = libraryOf(specifier);
  const places = LIBRARIES[name];
  if (places && !typeOnly && !places.some((place) => file.startsWith(place))) {
    report(
      places.length === 0
        ? `${name} is resolved at run time, never imported`
        : `${name} is imported in ${places.join(', ')} only`,
    );
  }
}

function libraryOf(specifier) {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function findCycles(graph) {
  const cycles = [];
  const done = new Set();
  const walk = (file, trail) => {
    const at = trail.indexOf(file);
    if (at >= 0) return cycles.push([...trail.slice(at), file]);
    if (done.has(file)) return;
    for (const target of graph.get(file) ?? []) walk(target, [...trail, file]);
    done.add(file);
  };
  for (const file of graph.keys()) walk(file, []);
  return cycles;
}

function sourceFiles(src) {
  return readdirSync(src, { recursive: true })
    .map((name) => name.split(path.sep).join('/'))
    .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.d.ts'))
    .sort();
}

/** The section of src/ARCHITECTURE.md that shows both tables. */
export function roomTables() {
  const rooms = Object.entries(ROOMS).map(
    ([name, room]) => `| \`${name}\` | ${room.purpose} | ${importsOf(room)} |`,
  );
  const libraries = Object.entries(LIBRARIES).map(
    ([name, places]) =>
      `\`${name}\` ${places.length === 0 ? 'resolved at run time' : `in ${list(places.map((place) => place.replace(/\/$/, '')))}`}`,
  );
  return [
    '| Room | Purpose | May import |',
    '|---|---|---|',
    ...rooms,
    '',
    `Libraries with one home: ${libraries.join('; ')}.`,
  ].join('\n');
}

function importsOf({ rooms = [], types = [], only = {} }) {
  const parts = Object.entries(only).map(([room, places]) => `${room} in ${list(places)}`);
  if (types.length > 0) parts.unshift(`types of ${types.join(', ')}`);
  if (rooms.length > 0) parts.unshift(rooms.join(', '));
  return parts.length > 0 ? parts.join('; ') : '–';
}

function list(places) {
  const quoted = places.map((place) => `\`${place}\``);
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1)}`;
}

const BEGIN = '<!-- Generated by `npm run rooms -- --write` from .dev/rooms.mjs. -->';
const END = '<!-- End of what is generated. -->';

/** The text of src/ARCHITECTURE.md with the tables as they are now. @throws if it has no place for them */
export function withRoomTables(text) {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`src/ARCHITECTURE.md lacks the lines ${BEGIN} and ${END}`);
  return `${text.slice(0, begin + BEGIN.length)}\n\n${roomTables()}\n\n${text.slice(end)}`;
}

/** Places of `LIBRARIES` from which nothing imports the library, as `name place`. */
export function unusedHomes(src) {
  const used = new Set();
  for (const file of sourceFiles(src)) {
    for (const match of readFileSync(path.join(src, file), 'utf8').matchAll(IMPORT)) {
      const name = libraryOf(match[2] ?? match[3] ?? match[4]);
      for (const place of LIBRARIES[name] ?? []) if (file.startsWith(place)) used.add(`${name} ${place}`);
    }
  }
  return Object.entries(LIBRARIES)
    .flatMap(([name, places]) => places.map((place) => `${name} ${place}`))
    .filter((home) => !used.has(home));
}

function main() {
  const src = fileURLToPath(new URL('../src', import.meta.url));
  const page = path.join(src, 'ARCHITECTURE.md');
  const text = readFileSync(page, 'utf8');
  const updated = withRoomTables(text);
  const breaches = [
    ...findBreaches(src),
    ...unusedHomes(src).map((home) => `${home.split(' ')[1]}:1 nothing here imports ${home.split(' ')[0]}`),
  ];
  if (process.argv.includes('--write')) writeFileSync(page, updated);
  else if (text !== updated) {
    breaches.push('ARCHITECTURE.md:1 its tables are not those of .dev/rooms.mjs: npm run rooms -- --write');
  }
  for (const breach of breaches) console.error(`src/${breach}`);
  console.error(
    breaches.length === 0 ? 'rooms: every import is allowed' : `rooms: ${breaches.length} breaches`,
  );
  process.exitCode = breaches.length === 0 ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
