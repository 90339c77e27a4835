/** The endpoints of Triton's HTTP service that have their own path. */
export type Endpoint =
  | 'live'
  | 'ready'
  | 'server-metadata'
  | 'model-ready'
  | 'model-metadata'
  | 'model-config'
  | 'model-stats'
  | 'all-stats'
  | 'infer'
  | 'generate'
  | 'generate-stream'
  | 'index'
  | 'load'
  | 'unload'
  | 'logging'
  | 'trace'
  | 'shared-memory-status'
  | 'shared-memory-register'
  | 'shared-memory-unregister';

export interface Route {
  readonly endpoint: Endpoint;
  /** As in the path, not decoded; for shared memory, the region. */
  readonly name: string;
  readonly version: string | undefined;
  /** For shared memory, `system` or `cuda`; for a load or unload, the repository if it names one. */
  readonly scope: string;
}

const route = (endpoint: Endpoint, name = '', version?: string, scope = ''): Route => ({
  endpoint,
  name,
  version,
  scope,
});

const FIXED: ReadonlyMap<string, Route> = new Map([
  ['/v2', route('server-metadata')],
  ['/v2/health/live', route('live')],
  ['/v2/health/ready', route('ready')],
  ['/v2/models/stats', route('all-stats')],
  ['/v2/repository/index', route('index')],
  ['/v2/logging', route('logging')],
  ['/v2/trace/setting', route('trace')],
]);

const MODEL =
  /^\/v2\/models\/([^/]+)(?:\/versions\/([0-9]+))?(?:\/(infer|generate|generate_stream|ready|config|stats|trace\/setting))?$/;
const REPOSITORY = /^\/v2\/repository(?:\/([^/]+))?\/(?:index|models\/([^/]+)\/(load|unload))$/;
const SHARED_MEMORY = /^\/v2\/(system|cuda)sharedmemory(?:\/region\/([^/]+))?\/(status|register|unregister)$/;

const MODEL_ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  infer: 'infer',
  generate: 'generate',
  generate_stream: 'generate-stream',
  ready: 'model-ready',
  config: 'model-config',
  stats: 'model-stats',
  'trace/setting': 'trace',
};

/** The endpoint for a raw, undecoded path, matched as a whole; undefined for paths that Triton answers with 404. */
export function matchRoute(path: string): Route | undefined {
  const fixed = FIXED.get(path);
  if (fixed) return fixed;
  const model = MODEL.exec(path);
  if (model) return modelRoute(model[1] ?? '', model[2], model[3]);
  const repository = REPOSITORY.exec(path);
  if (repository) return repositoryRoute(repository[1], repository[2], repository[3]);
  const memory = SHARED_MEMORY.exec(path);
  if (memory) {
    const endpoint = `shared-memory-${memory[3]}` as Endpoint;
    return route(endpoint, memory[2] ?? '', undefined, memory[1] ?? '');
  }
  return undefined;
}

function modelRoute(
  name: string,
  version: string | undefined,
  action: string | undefined,
): Route | undefined {
  if (action === 'trace/setting' && version !== undefined) return undefined;
  const endpoint = action === undefined ? 'model-metadata' : MODEL_ENDPOINTS[action];
  return endpoint && route(endpoint, name, version);
}

function repositoryRoute(
  scope: string | undefined,
  name: string | undefined,
  action: string | undefined,
): Route {
  if (name === undefined) return route('index');
  return route(action === 'load' ? 'load' : 'unload', name, undefined, scope ?? '');
}
