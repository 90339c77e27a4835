import { ARCHIVE_LISTS, archiveVerbs } from './archive-verbs.ts';
import { NO_REGISTRY } from './not-emulated.ts';
import { notEmulated, type Verb } from './verbs.ts';

const load = () => import('../commands/environment.ts');

/** The part of `az ml environment` that deployments need. */
export const ENVIRONMENT_VERBS: readonly Verb[] = [
  {
    name: 'register',
    about: 'register the environment of a folder with azureml_environment.json',
    example: '-d my-environment',
    flags: [['-d, --directory <dir>*', 'the folder, as the SDK saves an environment']],
    run: async (flags) => (await load()).register(flags),
  },
  {
    name: 'create',
    about: 'register an environment from a v2 file',
    example: '-f environment.yml',
    flags: [
      ['-f, --file <file>', 'the environment as YAML, with name, image and conda_file'],
      ['-n, --name <name>', 'its name (default: the one in the file)'],
      ['-v, --version <version>', 'its version (default: the one in the file)'],
      ['-i, --image <image>', 'the image, for the docker engine'],
      ['-c, --conda-file <file>', 'the packages of the script'],
      ['-d, --build-context <dir>', 'stored; no image is built here'],
      ['--dockerfile-path <file>', 'stored; no image is built here'],
      ['--os-type <type>', 'stored: linux or windows'],
      ['--description <text>', 'stored with the environment'],
      ['--tags <key=value...>', 'tags of the environment'],
      ['--set <member=value...>', 'set a member of the file'],
      ['--no-wait', 'accepted, without effect'],
    ],
    notEmulated: [...NO_REGISTRY, ['--datastore <name>', 'files are read where they are']],
    run: async (flags) => (await load()).create(flags),
  },
  {
    name: 'list',
    about: 'list the environments',
    example: '-o table',
    flags: [
      ['-n, --name <name>', 'only environments of this name'],
      ['-r, --max-results <number>', 'show at most this many'],
      ...ARCHIVE_LISTS,
    ],
    notEmulated: NO_REGISTRY,
    run: async (flags) => (await load()).list(flags),
  },
  {
    name: 'show',
    about: 'show one environment',
    example: '-n AzureML-Triton',
    flags: [
      ['-n, --name <name>*', 'the environment'],
      ['-v, --version <version>', 'its version (default: the latest)'],
      ['-l, --label <label>', 'a label of the environment; latest is the only one'],
    ],
    notEmulated: NO_REGISTRY,
    run: async (flags) => (await load()).show(flags),
  },
  {
    name: 'download',
    about: 'write an environment to a folder that register can read',
    example: '-n AzureML-Triton -d my-environment',
    flags: [
      ['-n, --name <name>*', 'the environment'],
      ['-v, --version <version>', 'its version (default: the latest)'],
      ['-d, --directory <dir>*', 'the folder'],
      ['--overwrite', 'replace what is there'],
    ],
    run: async (flags) => (await load()).download(flags),
  },
  {
    name: 'scaffold',
    about: 'write the files of a new environment to a folder',
    example: '-n my-environment -d my-environment',
    flags: [
      ['-n, --name <name>*', 'its name'],
      ['-d, --directory <dir>*', 'the folder'],
    ],
    run: async (flags) => (await load()).scaffold(flags),
  },
  notEmulated('update', 'register it again, or create it with another version'),
  ...archiveVerbs('an environment', load),
  notEmulated('share', 'there is no registry to share with'),
];
