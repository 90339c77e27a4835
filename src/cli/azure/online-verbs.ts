import { GENERIC_UPDATE, NO_STUDIO } from './not-emulated.ts';
import type { Verb } from './verbs.ts';

const loadEndpoint = () => import('../commands/online-endpoint.ts');
const loadDeployment = () => import('../commands/online-deployment.ts');

const LOCAL = ['-l, --local', 'accepted; everything is local here'] as const;
const LOCAL_BESIDE_LINES = ['--local', 'accepted; everything is local here'] as const;
const UNLIMITED = [
  '--local',
  "everything is local here; the flag also turns off the cloud's limits",
] as const;
const NO_WAIT = ['--no-wait', 'accepted; the command waits nevertheless'] as const;
const YES = ['-y, --yes', 'accepted; no question is asked'] as const;
const SET = ['--set <member=value...>', 'set a member of the file, as in traffic.blue=10'] as const;
const ENDPOINT = ['-n, --name <name>*', 'the endpoint'] as const;
const DEPLOYMENT = [
  ['-n, --name <name>*', 'the deployment'],
  ['-e, --endpoint-name <name>*', 'its endpoint'],
] as const;
const ENDPOINT_FILE = [
  ['-f, --file <file>', 'the endpoint as YAML'],
  ['-n, --name <name>', 'its name (default: the one in the file)'],
  [
    '--profile <name>',
    'whose limits and status codes apply: managed (the default), or none, as with --local',
  ],
  SET,
  UNLIMITED,
  NO_WAIT,
] as const;
const DEPLOYMENT_FILE = [
  ['-f, --file <file>', 'the deployment as YAML'],
  ['-n, --name <name>', 'its name (default: the one in the file)'],
  ['-e, --endpoint-name <name>', 'its endpoint (default: the one in the file)'],
  SET,
  UNLIMITED,
  ['--local-enable-gpu [boolean]', 'request a GPU; the device used is printed'],
  ['--skip-script-validation', 'accepted, without effect'],
  ['--package-model', 'accepted; nothing is packaged here'],
  ['--vscode-debug', 'accepted; not emulated'],
  NO_WAIT,
] as const;

/** `az ml online-endpoint` (docs/reference/azureml.md#online-endpoints-and-deployments). */
export const ENDPOINT_VERBS: readonly Verb[] = [
  {
    name: 'create',
    about: 'create an endpoint and start it',
    example: '-n my-endpoint -f endpoint.yml',
    flags: [...ENDPOINT_FILE, ['--auth-mode <mode>', 'authentication: key, aml_token or aad_token']],
    notEmulated: NO_STUDIO,
    run: async (flags) => (await loadEndpoint()).create(flags),
  },
  {
    name: 'update',
    about: 'change an endpoint; traffic changes apply from the next request',
    example: '-n my-endpoint --traffic "blue=90 green=10"',
    flags: [
      ...ENDPOINT_FILE,
      ['-r, --traffic <split...>', 'percent by deployment, as in "blue=90 green=10"'],
      ['--mirror-traffic <split...>', 'percent of the requests also sent to a deployment, as in "green=10"'],
      ['--defaults <member=value...>', 'accepted, without effect'],
    ],
    notEmulated: [...GENERIC_UPDATE, ...NO_STUDIO],
    run: async (flags) => (await loadEndpoint()).update(flags),
  },
  {
    name: 'show',
    about: 'show an endpoint: its state, traffic and scoring URI',
    example: '-n my-endpoint --query scoring_uri -o tsv',
    flags: [ENDPOINT, LOCAL],
    notEmulated: NO_STUDIO,
    run: async (flags) => (await loadEndpoint()).show(flags),
  },
  {
    name: 'list',
    about: 'list the endpoints',
    example: '-o table',
    flags: [LOCAL],
    run: async (flags) => (await loadEndpoint()).list(flags),
  },
  {
    name: 'invoke',
    about: 'send one request to an endpoint',
    example: '-n my-endpoint -r request.json',
    flags: [
      ENDPOINT,
      ['-r, --request-file <file>*', 'the body'],
      ['-d, --deployment-name <name>', 'send it to this deployment, whatever the traffic'],
      LOCAL,
    ],
    run: async (flags) => (await loadEndpoint()).invoke(flags),
  },
  {
    name: 'get-credentials',
    about: 'show the keys of an endpoint, or get a token',
    example: '-n my-endpoint --query primaryKey -o tsv',
    flags: [ENDPOINT],
    run: async (flags) => (await loadEndpoint()).credentials(flags),
  },
  {
    name: 'regenerate-keys',
    about: 'replace the primary or secondary key of an endpoint',
    example: '-n my-endpoint --key-type primary',
    flags: [
      ENDPOINT,
      ['--key-type <type>', 'which key: primary or secondary'],
      ['--key-value <key>', 'set this key instead of a generated one'],
      NO_WAIT,
    ],
    run: async (flags) => (await loadEndpoint()).regenerate(flags),
  },
  {
    name: 'delete',
    about: 'stop and delete an endpoint with all its deployments',
    example: '-n my-endpoint --yes',
    flags: [ENDPOINT, YES, LOCAL, NO_WAIT],
    run: async (flags) => (await loadEndpoint()).remove(flags),
  },
];

/** `az ml online-deployment` (docs/reference/azureml.md#online-endpoints-and-deployments). */
export const DEPLOYMENT_VERBS: readonly Verb[] = [
  {
    name: 'create',
    about: 'start a deployment behind an endpoint',
    example: '-f blue.yml --all-traffic',
    flags: [...DEPLOYMENT_FILE, ['--all-traffic', 'give it all traffic once it is ready']],
    notEmulated: NO_STUDIO,
    run: async (flags) => (await loadDeployment()).create(flags),
  },
  {
    name: 'update',
    about: 'update a deployment: start the new one beside the one that is serving',
    example: '-n blue -e my-endpoint --set environment_variables.LEVEL=2',
    flags: DEPLOYMENT_FILE,
    notEmulated: [...GENERIC_UPDATE, ...NO_STUDIO],
    run: async (flags) => (await loadDeployment()).update(flags),
  },
  {
    name: 'show',
    about: 'show a deployment',
    example: '-n blue -e my-endpoint',
    flags: [...DEPLOYMENT, LOCAL],
    notEmulated: NO_STUDIO,
    run: async (flags) => (await loadDeployment()).show(flags),
  },
  {
    name: 'list',
    about: 'list the deployments of an endpoint',
    example: '-e my-endpoint -o table',
    flags: [['-e, --endpoint-name <name>*', 'the endpoint'], LOCAL],
    run: async (flags) => (await loadDeployment()).list(flags),
  },
  {
    name: 'get-logs',
    about: 'show the log of a deployment',
    example: '-n blue -e my-endpoint -l 100',
    flags: [
      ...DEPLOYMENT,
      ['-l, --lines <number>', 'how many of the last lines (default: 50)'],
      ['-c, --container <name>', 'accepted; there is one container'],
      LOCAL_BESIDE_LINES,
    ],
    run: async (flags) => (await loadDeployment()).logs(flags),
  },
  {
    name: 'delete',
    about: 'stop and delete a deployment that has no traffic',
    example: '-n blue -e my-endpoint --yes',
    flags: [...DEPLOYMENT, YES, LOCAL, NO_WAIT],
    run: async (flags) => (await loadDeployment()).remove(flags),
  },
];
