import { CONTENT_FLAGS, TARGET_FLAGS, TUNING_FLAGS } from './deploy-verbs.ts';
import type { Verb } from './verbs.ts';

const load = () => import('../commands/service.ts');
const NAME = ['-n, --name <name>*', 'the service'] as const;

/** `az ml service`, with the flags of v1 (docs/reference/azureml.md#az-ml-service). */
export const SERVICE_VERBS: readonly Verb[] = [
  {
    name: 'list',
    about: 'list the services, newest first',
    example: '-o table',
    flags: [
      ['-c, --compute-type <type>', 'only services of this type: LOCAL, ACI or AKS'],
      ['--image-digest <digest>', 'not used here: there are no images'],
      ['--model-id <name:version>', 'only services with this model'],
      ['--model-name <name>', 'only services with a model of this name'],
      ['--tag <key=value...>', 'only services with this tag'],
      ['--property <key=value...>', 'only services with this property'],
    ],
    run: async (flags) => (await load()).list(flags),
  },
  {
    name: 'show',
    about: 'show one service with its state and scoring URI',
    example: '--name=triton-webservice',
    flags: [NAME],
    run: async (flags) => (await load()).show(flags),
  },
  {
    name: 'run',
    about: 'send one request to a service',
    example: `-n triton-densenet-onnx -d '{"data": []}'`,
    flags: [NAME, ['-d, --input-data <json>', 'the body; @FILE reads it from a file']],
    run: async (flags) => (await load()).runOnce(flags),
  },
  {
    name: 'get-keys',
    about: 'show the keys of a service',
    example: '-n triton-webservice --query primaryKey -o tsv',
    flags: [NAME],
    run: async (flags) => (await load()).keys(flags),
  },
  {
    name: 'regen-key',
    about: 'replace the primary or secondary key of a service',
    example: '-n triton-webservice -k Primary',
    flags: [
      NAME,
      ['-k, --key <which>*', 'which key: Primary or Secondary'],
      ['-s, --set-key <key>', 'set this key instead of a generated one'],
    ],
    run: async (flags) => (await load()).regenerate(flags),
  },
  {
    name: 'get-access-token',
    about: 'get a token for a service with token authentication',
    example: '-n triton-webservice',
    flags: [NAME],
    run: async (flags) => (await load()).token(flags),
  },
  {
    name: 'get-logs',
    about: 'show the log of a service',
    example: '-n triton-webservice',
    flags: [
      NAME,
      ['-i, --init', 'accepted; there is no init container here'],
      ['-l, --num_lines <number>', 'how many of the last lines (default: 5000)'],
    ],
    run: async (flags) => (await load()).logs(flags),
  },
  {
    name: 'update',
    about: 'update a service: start the new one beside the one that is serving',
    example: '-n triton-webservice --ae false',
    flags: [
      NAME,
      ...CONTENT_FLAGS,
      ...TARGET_FLAGS,
      ['-d, --description <text>', 'a new description'],
      ['--add-tag <key=value...>', 'a tag; may be repeated'],
      ['--remove-tag <key...>', 'a tag to remove'],
      ['--add-property <key=value...>', 'a property'],
      ['--no-wait', 'accepted, without effect'],
      ['--fresh-source', 'copy the script again from its original folder'],
      ...TUNING_FLAGS,
    ],
    run: async (flags) => (await load()).update(flags),
  },
  {
    name: 'delete',
    about: 'stop a service and remove its files',
    example: '-n triton-densenet-onnx',
    flags: [NAME],
    run: async (flags) => (await load()).remove(flags),
  },
  {
    name: 'check-config',
    about: 'check a deployment configuration',
    example: '--dc deploymentconfig.json',
    hidden: true,
    flags: [['--dc, --deploy-config-file <file>*', 'the deployment configuration']],
    run: async (flags) => (await load()).checkConfig(flags),
  },
];
