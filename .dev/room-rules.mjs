// The rooms of src: what each is for, what it may import, and where each heavy library is used. rooms.mjs checks it.

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
  http2: {
    purpose:
      "frames and header blocks of HTTP/2, and the server's side of a connection, written for short calls",
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
    rooms: ['base', 'events', 'http2', 'kserve', 'repository', 'python'],
    types: ['config'],
  },
  engines: {
    purpose: 'the engines, each described in its folder, and how one is chosen (`table.ts`)',
    rooms: ['base', 'events', 'kserve', 'proxy'],
    types: ['config', 'repository'],
    only: {
      inference: ['engines/embedded/'],
      python: ['engines/embedded/', 'engines/native/'],
      repository: ['engines/native/', 'engines/onnx-as-python/', 'engines/load-failure.ts'],
    },
  },
  console: {
    purpose: 'everything under `/_triton-local/`: a fastify application that the first request to it loads',
    rooms: ['base', 'events'],
    types: ['control'],
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
      'state on disk: instances, keys and certificates; the models, environments, services and endpoints of Azure ML',
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
    rooms: ['base', 'events', 'http2', 'kserve', 'workspace', 'control'],
    types: ['config', 'repository'],
  },
  azureml: {
    purpose:
      'the verbs of Azure ML: schemas and texts, what a deployment becomes, what az prints; `sdk/` is `azureml.core` in Python',
    rooms: ['base', 'events', 'repository', 'workspace', 'control'],
    types: ['config'],
  },
  controlplane: {
    purpose:
      'the parts of Azure Resource Manager, of its token service and of Blob Storage that the Azure ML SDK v2 calls, over HTTPS',
    rooms: ['base', 'events', 'workspace', 'control', 'azureml'],
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
    purpose: 'Ink screen, web page (`page/`), plain lines, NDJSON: the renderings of events and results',
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
      'controlplane',
      'emulator',
      'cloud',
      'ui',
    ],
  },
};

/**
 * Libraries and the only places that may import them; without a place, they are resolved at run time. Types may be
 * imported anywhere.
 */
export const LIBRARIES = {
  '@fastify/ajv-compiler': ['controlplane/lazy-validators.ts'],
  '@fastify/reply-from': ['proxy/endpoint/'],
  chokidar: ['reload/watcher.ts'],
  commander: ['cli/'],
  dockerode: ['engines/docker/'],
  'tar-fs': ['engines/docker/archive.ts'],
  execa: ['engines/', 'python/'],
  fastify: ['controlplane/', 'console/', 'proxy/endpoint/'],
  ink: ['ui/tui/'],
  jmespath: ['cli/azure/'],
  'onnxruntime-node': [],
  protobufjs: ['repository/', 'inference/grpc/'],
  react: ['ui/tui/'],
  'cli-truncate': ['ui/'],
  'string-width': ['ui/'],
  'wrap-ansi': ['ui/'],
  undici: ['cloud/', 'engines/', 'kserve/', 'proxy/endpoint/'],
  yaml: ['azureml/', 'cli/azure/', 'cloud/', 'config/', 'python/'],
  zod: ['cloud/', 'events/'],
};
