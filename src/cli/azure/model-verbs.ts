import { ARCHIVE_LISTS, archiveVerbs } from './archive-verbs.ts';
import { DEPLOY_FLAGS } from './deploy-verbs.ts';
import { GENERIC_UPDATE, NO_REGISTRY } from './not-emulated.ts';
import { notEmulated, type Verb } from './verbs.ts';

const load = () => import('../commands/model.ts');

const TAGS = [
  ['--tag <key=value...>', 'a tag; may be repeated'],
  ['--property <key=value...>', 'a property; may be repeated'],
] as const;
const RESOURCES = [
  ['--cc, --cpu-cores <number>', 'CPU cores that the model needs'],
  ['--gb, --memory-gb <number>', 'memory that the model needs, in GB'],
  ['--gc, --gpu-cores <number>', 'GPUs that the model needs'],
] as const;
const SAMPLES = [
  ['--sample-input-dataset-id <id>', 'stored with the model'],
  ['--sample-output-dataset-id <id>', 'stored with the model'],
] as const;
/** Flags that select a model: its id in v1, name and version in v2. */
const WHICH = [
  ['-i, --model-id <name:version>', 'the model'],
  ['-n, --name <name>', 'the model by name: its highest version, or --version'],
  ['-v, --version <version>', 'the version of --name'],
  ['-l, --label <label>', 'a label of the model; latest is the only one'],
] as const;
const STAGE = ['--stage <stage>', 'the stages of a model are not stored'] as const;

/** `az ml model`: the flags of v1 (docs/reference/azureml.md#az-ml-model) and the documented flags of v2. */
export const MODEL_VERBS: readonly Verb[] = [
  {
    name: 'register',
    about: 'register a file or folder as the next version of a model',
    example: '-n my_triton_model -p models --model-framework=Multi',
    flags: [
      ['-n, --name <name>*', 'name of the model'],
      ['-p, --model-path <path>', 'file or folder; for Triton, the parent of the folder "triton"'],
      ['--asset-path <path>', 'the same for the outputs of a run'],
      [
        '--model-framework <name>',
        'the framework: TensorFlow, ScikitLearn, Onnx, Custom, or Multi for Triton',
      ],
      ['--model-framework-version <version>', 'stored with the model'],
      ['-d, --description <text>', 'stored with the model'],
      ...TAGS,
      ...RESOURCES,
      ['--experiment-name <name>', 'stored with the model'],
      ['-r, --run-id <id>', 'stored with the model'],
      ['-f, --run-metadata-file <file>', 'a JSON file with runId and experimentName'],
      ...SAMPLES,
      ['-t, --output-metadata-file <file>', 'write modelId and workspace there, for deploy -f'],
    ],
    run: async (flags) => (await load()).register(flags),
  },
  {
    name: 'create',
    about: 'register a model from a v2 file',
    example: '-n my-triton-model -p ./models --type triton_model',
    flags: [
      ['-f, --file <file>', 'the model as YAML'],
      ['-n, --name <name>', 'name of the model'],
      ['-v, --version <version>', 'its version (default: the next one)'],
      ['-p, --path <path>', 'file or folder; for Triton, the folder that holds the models'],
      ['-t, --type <type>', 'type of the model: triton_model, custom_model or mlflow_model'],
      ['-d, --description <text>', 'stored with the model'],
      ['--tags <key=value...>', 'tags of the model'],
      ['--set <member=value...>', 'set a member of the file'],
      ['--no-wait', 'accepted, without effect'],
    ],
    notEmulated: [
      ...NO_REGISTRY,
      STAGE,
      ['--datastore <name>', 'models are copied into the workspace on this machine'],
    ],
    run: async (flags) => (await load()).create(flags),
  },
  {
    name: 'list',
    about: 'list the registered models, newest first',
    example: '--latest',
    flags: [
      ['-n, --model-name <name>', 'only models of this name'],
      ['--name <name>', 'the same, as v2 calls it'],
      ['-l, --latest', 'only the highest version of each'],
      ['-r, --max-results <number>', 'show at most this many'],
      ['--run-id <id>', 'only models of this run'],
      ['--model-framework <name>', 'only models of this framework'],
      ...TAGS,
      ...ARCHIVE_LISTS,
    ],
    notEmulated: [...NO_REGISTRY, STAGE],
    run: async (flags) => (await load()).list(flags),
  },
  {
    name: 'show',
    about: 'show one model',
    example: '-i my_triton_model:1',
    flags: [
      ...WHICH,
      ['--model-name <name>', 'the same as --name, as v1 calls it'],
      ['--run-id <id>', 'the model of this run'],
    ],
    notEmulated: NO_REGISTRY,
    run: async (flags) => (await load()).show(flags),
  },
  {
    name: 'update',
    about: 'change the tags, properties or description of a model',
    example: '-i my_triton_model:1 --add-tag area=NLP',
    flags: [
      ...WHICH,
      ['--set <member=value...>', 'set the description, a tag or a property, as in tags.area=NLP'],
      ['--add-tag <key=value...>', 'a tag; may be repeated'],
      ['--remove-tag <key...>', 'a tag to remove'],
      ['--add-property <key=value...>', 'a property; properties cannot be changed'],
      ['--description <text>', 'a new description'],
      ...RESOURCES,
      ...SAMPLES,
    ],
    notEmulated: [...NO_REGISTRY, ...GENERIC_UPDATE, STAGE],
    run: async (flags) => (await load()).update(flags),
  },
  {
    name: 'delete',
    about: 'delete a model that no service uses',
    example: '-i my_triton_model:1',
    flags: [['-i, --model-id <name:version>*', 'the model']],
    run: async (flags) => (await load()).remove(flags),
  },
  {
    name: 'download',
    about: 'copy the file or folder of a model into a folder',
    example: '-i my_triton_model:1 -t downloaded',
    flags: [
      ...WHICH,
      ['-t, --target-dir <dir>', 'the target folder'],
      ['-p, --download-path <dir>', 'the same, as v2 calls it (default: this folder)'],
      ['--overwrite', 'replace what is there'],
    ],
    notEmulated: NO_REGISTRY,
    run: async (flags) => (await load()).download(flags),
  },
  {
    name: 'deploy',
    about: 'deploy models as a service',
    example: '-n triton-webservice -m my_triton_model:1 --dc deploymentconfig.json --compute-target aks-gpu',
    flags: DEPLOY_FLAGS,
    run: async (flags) => (await load()).deploy(flags),
  },
  notEmulated('profile', 'it measures on Azure machines; send load to the scoring URI of a service instead'),
  notEmulated('package', 'no image is built here; "model deploy" serves the same model and script'),
  ...archiveVerbs('a model', load),
  notEmulated('share', 'there is no registry to share with'),
];
