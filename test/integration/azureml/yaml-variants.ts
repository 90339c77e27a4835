/** A file of v2 that azure-ai-ml is asked about. */
export interface Variant {
  readonly kind: 'endpoint' | 'deployment' | 'model' | 'environment';
  /** What was changed, for the report. */
  readonly change: string;
  readonly value: unknown;
}

const PROBE = { period: 5, initial_delay: 5, timeout: 2, success_threshold: 1, failure_threshold: 3 };
const ROUTE = { path: '/', port: 8000 };
const ENVIRONMENT = {
  name: 'my-env',
  version: '1',
  description: 'text',
  image: 'image:1',
  conda_file: 'conda.yml',
  os_type: 'linux',
  inference_config: { liveness_route: ROUTE, readiness_route: ROUTE, scoring_route: ROUTE },
  tags: { a: 'b' },
  datastore: 'store',
};
const MODEL = {
  name: 'my-model',
  version: 1,
  path: 'model',
  type: 'triton_model',
  description: 'text',
  tags: { a: 'b' },
  properties: { a: 'b' },
  stage: 'Production',
  flavors: { python_function: { a: 'b' } },
  datastore: 'store',
};
const DEPLOYMENT = {
  $schema: 'https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json',
  name: 'blue',
  endpoint_name: 'my-endpoint',
  description: 'text',
  tags: { a: 'b' },
  properties: { a: 'b' },
  model: MODEL,
  model_mount_path: '/models',
  code_configuration: { code: 'code', scoring_script: 'score.py' },
  environment: ENVIRONMENT,
  environment_variables: { LEVEL: '1' },
  app_insights_enabled: true,
  instance_count: 1,
  instance_type: 'Standard_DS3_v2',
  scale_settings: { type: 'default' },
  request_settings: {
    request_timeout_ms: 5000,
    max_concurrent_requests_per_instance: 1,
    max_queue_wait_ms: 500,
  },
  liveness_probe: PROBE,
  readiness_probe: PROBE,
  data_collector: {
    collections: { model_inputs: { enabled: 'true', data: { name: 'data', version: '1' }, client_id: 'x' } },
    rolling_rate: 'Hour',
    sampling_rate: 0.5,
    request_logging: { capture_headers: ['a'] },
  },
  egress_public_network_access: 'enabled',
  private_network_connection: false,
};
const {
  egress_public_network_access: _egress,
  private_network_connection: _private,
  ...ANYWHERE
} = DEPLOYMENT;
const KUBERNETES = {
  ...ANYWHERE,
  type: 'kubernetes',
  scale_settings: {
    type: 'target_utilization',
    polling_interval: 1,
    target_utilization_percentage: 70,
    min_instances: 1,
    max_instances: 2,
  },
  resources: {
    requests: { cpu: '1', memory: '1Gi', 'nvidia.com/gpu': '1' },
    limits: { cpu: '1', memory: '1Gi' },
  },
};
const ENDPOINT = {
  name: 'my-endpoint',
  description: 'text',
  tags: { a: 'b' },
  properties: { a: 'b' },
  auth_mode: 'key',
  location: 'westeurope',
  traffic: { blue: 90, green: 10 },
  mirror_traffic: { green: 10 },
  public_network_access: 'enabled',
  identity: { type: 'user_assigned', user_assigned_identities: [{ resource_id: 'x' }] },
};
const { public_network_access: _public, ...ENDPOINT_ANYWHERE } = ENDPOINT;
const KUBERNETES_ENDPOINT = { ...ENDPOINT_ANYWHERE, compute: 'azureml:cluster' };

const BASES = [
  ['endpoint', ENDPOINT],
  ['endpoint', KUBERNETES_ENDPOINT],
  ['deployment', DEPLOYMENT],
  ['deployment', KUBERNETES],
  ['model', MODEL],
  ['environment', ENVIRONMENT],
] as const;

/** What a member is set to, one after another. */
const VALUES: readonly unknown[] = [null, 'text', 1.5, [1], { a: 1 }];
/** For members that no other member holds. */
const MORE_VALUES: readonly unknown[] = [
  '',
  '5',
  -1,
  true,
  [],
  {},
  'AMLToken',
  'azureml:name',
  'azureml:name:1',
  'azureml:a/b:1',
  'azureml://registries/azureml/environments/name/labels/latest',
];

/** Members whose values have texts, forms or unions of their own. */
const SPECIAL: readonly (readonly [Variant['kind'], string, unknown])[] = [
  ['endpoint', 'auth_mode', 'AMLToken'],
  ['endpoint', 'auth_mode', 'Key'],
  ['endpoint', 'auth_mode', 'AADToken'],
  ['endpoint', 'name', 'a_b'],
  ['endpoint', 'name', '-ab'],
  ['endpoint', 'traffic', { blue: 90, green: 20 }],
  ['endpoint', 'traffic', { blue: 'many' }],
  ['endpoint', 'traffic', { blue: '50', green: 1.9 }],
  ['endpoint', 'traffic', { blue: null, constructor: 5, __proto__: 5 }],
  ['endpoint', 'identity', { type: 'SystemAssigned' }],
  ['endpoint', 'identity', { type: 'both' }],
  ['endpoint', 'identity.user_assigned_identities', [{ resource_id: 'x' }, { resource_id: 'y' }]],
  ['endpoint', 'identity.user_assigned_identities', [{ resource_id: 5 }]],
  ['endpoint', 'kind', 'managed'],
  ['endpoint', 'constructor', 5],
  ['deployment', '$schema', null],
  ['deployment', 'type', 'Kubernetes'],
  ['deployment', 'type', "it's"],
  ['deployment', 'model', { path: 'model', local_path: 'x' }],
  ['deployment', 'model', { path: 'model', type: 'onnx' }],
  ['deployment', 'model', { path: 'model', version: [1] }],
  ['deployment', 'model', 'azureml:m@latest'],
  [
    'deployment',
    'model',
    'azureml:/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/models/m/versions/1',
  ],
  [
    'deployment',
    'model',
    'azureml:/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/models/m',
  ],
  ['deployment', 'environment', { docker: { image: 'x' } }],
  ['deployment', 'environment', { image: 'x', os_type: 'mac' }],
  ['deployment', 'environment', { channels: ['conda-forge'], dependencies: ['python'] }],
  ['deployment', 'environment', { image: 'x', conda_file: { dependencies: ['python'] } }],
  ['deployment', 'environment', { image: 'x', build: { path: 'code' } }],
  ['deployment', 'environment', { build: { path: 'https://example.org/context' } }],
  ['deployment', 'environment', { build: { path: 5 } }],
  ['deployment', 'environment.inference_config', { scoring_route: { port: 'x' } }],
  ['deployment', 'scale_settings', { scale_type: 'manual', instance_count: 2 }],
  ['deployment', 'scale_settings', { type: 'Default' }],
  ['deployment', 'scale_settings', { type: 'default', min_instances: 1 }],
  ['deployment', 'scale_settings', { type: 'TargetUtilization', min_instances: 'x' }],
  ['deployment', 'egress_public_network_access', 'off'],
  ['deployment', 'egress_public_network_access', 'Disabled'],
  ['deployment', 'data_collector.rolling_rate', 'weekly'],
  ['deployment', 'data_collector.sampling_rate', 2],
  ['deployment', 'data_collector.sampling_rate', '0.5'],
  ['deployment', 'data_collector.sampling_rate', 'nan'],
  ['deployment', 'data_collector.collections', { m: { enabled: 'yes' }, n: { enabled: true }, o: {} }],
  ['deployment', 'data_collector.collections', { m: 5 }],
  ['deployment', 'data_collector.collections', { m: { enabled: 'True', data: 'azureml:d:1' } }],
  ['deployment', 'resources', { requests: { cpu: '1' } }],
  ['deployment', 'instance_count', '1_0'],
  ['deployment', 'instance_count', ' 5 '],
  ['deployment', 'instance_count', '5.0'],
  ['deployment', 'app_insights_enabled', 'tRue'],
  ['deployment', 'app_insights_enabled', 'Off'],
  ['deployment', 'app_insights_enabled', 1.0],
  ['model', 'type', 'Triton_Model'],
  ['model', 'intellectual_property', { publisher: 5 }],
  ['model', 'allowed_deployment_templates', [{ asset_id: 5 }, { unknown: 1 }]],
  ['environment', 'build', { path: 'nowhere' }],
  ['environment', 'auto_delete_setting', { condition: 'created_greater_than', value: '5d' }],
  ['environment', 'auto_delete_setting', { condition: 'never' }],
];

/** Every change of one member, at every depth. */
export function yamlVariants(): Variant[] {
  const variants: Variant[] = BASES.map(([kind, value]) => ({ kind, change: 'nothing', value }));
  const seen = new Set<string>();
  for (const [kind, base] of BASES) {
    for (const path of pathsOf(base)) {
      const key = JSON.stringify([kind, path]);
      if (seen.has(key)) continue;
      seen.add(key);
      const shown = path.join('.');
      variants.push({ kind, change: `${shown} left out`, value: changed(base, path, undefined) });
      for (const value of path.length === 1 ? [...VALUES, ...MORE_VALUES] : VALUES)
        variants.push({
          kind,
          change: `${shown} = ${JSON.stringify(value)}`,
          value: changed(base, path, value),
        });
    }
    for (const path of [[], ...objectPathsOf(base)])
      variants.push({
        kind,
        change: `${[...path, 'unknown'].join('.')} added`,
        value: changed(base, [...path, 'unknown'], 1),
      });
  }
  for (const [kind, member, value] of SPECIAL)
    for (const [, base] of BASES.filter((it) => it[0] === kind))
      variants.push({
        kind,
        change: `${member} = ${JSON.stringify(value)}`,
        value: changed(base, member.split('.'), value),
      });
  return variants;
}

function pathsOf(value: unknown, above: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([name, member]) => [
    [...above, name],
    ...pathsOf(member, [...above, name]),
  ]);
}

const objectPathsOf = (base: unknown) =>
  pathsOf(base).filter((path) => {
    const value = path.reduce<unknown>((at, name) => Reflect.get(Object(at), name), base);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  });

function changed(value: unknown, [name, ...rest]: readonly string[], to: unknown): unknown {
  if (name === undefined) return to;
  const members = Object.entries(Object(value));
  const before = members.find(([key]) => key === name)?.[1];
  const after = changed(before, rest, to);
  const others = members.filter(([key]) => key !== name);
  return Object.fromEntries(after === undefined ? others : [...others, [name, after]]);
}
