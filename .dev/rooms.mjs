// Holds the import rule of src/ARCHITECTURE.md: rooms import downward only, through a room's index.ts; no cycles
// (types counted too); each heavy library in one place; no default of `utils`. Exits 1 with every breach as file:line.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Rooms a room may import. `types` rooms may only be imported with `import type`. */
export const ROOMS = {
  base: {},
  events: { rooms: ['base'] },
  kserve: { rooms: ['base'] },
  config: { rooms: ['base'] },
  repository: { rooms: ['base', 'kserve'], types: ['config'] },
  python: { rooms: ['base', 'events'], types: ['config'] },
  inference: { rooms: ['base', 'events', 'kserve', 'repository', 'python'], types: ['config'] },
  engines: {
    rooms: ['base', 'events', 'kserve', 'proxy'],
    types: ['config', 'repository'],
    only: {
      inference: ['engines/embedded.ts'],
      python: ['engines/native/'],
      repository: ['engines/native/', 'engines/onnx-as-python/', 'engines/load-failure.ts'],
    },
  },
  scoring: { rooms: ['base', 'events', 'python'], types: ['config'] },
  reload: { rooms: ['base', 'events', 'repository'], types: ['config'] },
  workspace: { rooms: ['base'] },
  control: { rooms: ['base', 'events'], types: ['workspace'] },
  proxy: { rooms: ['base', 'events', 'kserve', 'workspace', 'control'], types: ['config', 'repository'] },
  azureml: { rooms: ['base', 'events', 'repository', 'workspace', 'control'], types: ['config'] },
  emulator: {
    rooms: [
      'base',
      'events',
      'kserve',
      'config',
      'repository',
      'python',
      'inference',
      'engines',
      'scoring',
      'reload',
      'workspace',
      'control',
    ],
  },
  cloud: { rooms: ['base', 'config', 'repository', 'kserve'] },
  ui: { rooms: ['base', 'events'], types: ['control'] },
  cli: {
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

/** Heavy libraries and the only places that may import them. */
export const LIBRARIES = {
  dockerode: ['engines/docker/'],
  execa: ['engines/native/', 'engines/onnxruntime.ts', 'python/'],
  chokidar: ['reload/watcher.ts'],
  'onnxruntime-node': ['inference/backends/'],
  ink: ['ui/tui/'],
  react: ['ui/tui/'],
  '@grpc/grpc-js': ['kserve/', 'inference/grpc/'],
  fastify: ['proxy/endpoint/'],
  '@fastify/reply-from': ['proxy/endpoint/'],
  commander: ['cli/'],
  zod: ['events/schema.ts', 'config/', 'cloud/'],
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
      const say = (message) => breaches.push(`${file}:${line} ${message}`);
      if (specifier.startsWith('.')) {
        const target = path.posix.join(path.posix.dirname(file), specifier);
        targets.push(target);
        checkRoom(file, target, Boolean(match[1]), say);
      } else {
        checkLibrary(file, specifier, Boolean(match[1]), say);
      }
    }
    if (/(^|\/)utils?\.tsx?$/.test(file))
      breaches.push(`${file}:1 no file is called utils: name the noun it holds`);
    graph.set(file, targets);
  }
  for (const cycle of findCycles(graph)) breaches.push(`${cycle[0]}:1 import cycle: ${cycle.join(' -> ')}`);
  return breaches;
}

function checkRoom(file, target, typeOnly, say) {
  const from = file.split('/')[0];
  const to = target.split('/')[0];
  if (from === to) {
    if (target === `${to}/index.ts` && file !== target) say(`inside ${from} nobody imports its own index.ts`);
    return;
  }
  const rule = ROOMS[from];
  if (!rule) return say(`${from} is not a room: add it to the table, or move the file`);
  const allowed =
    rule.rooms?.includes(to) ||
    rule.only?.[to]?.some((place) => file.startsWith(place)) ||
    (typeOnly && rule.types?.includes(to));
  if (!allowed) say(`${from} may not import ${to}${rule.types?.includes(to) ? ' but as types' : ''}`);
  if (target !== `${to}/index.ts`) say(`other rooms are entered by their index.ts, not ${target}`);
}

function checkLibrary(file, specifier, typeOnly, say) {
  const name = specifier.startsWith('@')
    ? specifier.split('/').slice(0, 2).join('/')
    : specifier.split('/')[0];
  const places = LIBRARIES[name];
  if (places && !typeOnly && !places.some((place) => file.startsWith(place))) {
    say(`${name} is imported in ${places.join(', ')} only`);
  }
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

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const breaches = findBreaches(fileURLToPath(new URL('../src', import.meta.url)));
  for (const breach of breaches) console.error(`src/${breach}`);
  console.error(
    breaches.length === 0 ? 'rooms: every import is allowed' : `rooms: ${breaches.length} breaches`,
  );
  process.exitCode = breaches.length === 0 ? 0 : 1;
}
