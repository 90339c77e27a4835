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
      ['-f, --file <file>', 'YAML with name, image and conda_file'],
      ['-n, --name <name>', 'a name to use instead of the one in the file'],
      ['-v, --version <version>', 'another version'],
      ['-i, --image <image>', 'the image, for the docker engine'],
      ['-c, --conda-file <file>', 'the packages of the script'],
      ['-d, --build-context <dir>', 'stored; no image is built here'],
      ['--dockerfile-path <file>', 'stored; no image is built here'],
      ['--os-type <type>', 'linux or windows; stored'],
      ['--description <text>', 'stored with the environment'],
      ['--tags <key=value...>', 'tags'],
      ['--set <member=value...>', 'a member of the file'],
      ['--no-wait', 'taken'],
    ],
    notEmulated: [...NO_REGISTRY, ['--datastore <name>', 'files are read where they are']],
    run: async (flags) => (await load()).create(flags),
  },
  {
    name: 'list',
    about: 'list the environments',
    example: '-o table',
    flags: [
      ['-n, --name <name>', 'only this name'],
      ['-r, --max-results <number>', 'at most this many'],
    ],
    notEmulated: [
      ...NO_REGISTRY,
      ['--archived-only', 'environments are not archived here'],
      ['--include-archived', 'environments are not archived here'],
    ],
    run: async (flags) => (await load()).list(flags),
  },
  {
    name: 'show',
    about: 'show one environment',
    example: '-n AzureML-Triton',
    flags: [
      ['-n, --name <name>*', 'the environment'],
      ['-v, --version <version>', 'its version; the last one by default'],
      ['-l, --label <label>', 'latest'],
    ],
    notEmulated: NO_REGISTRY,
    run: async (flags) => (await load()).show(flags),
  },
  {
    name: 'download',
    about: 'write an environment into a folder that register can read',
    example: '-n AzureML-Triton -d my-environment',
    flags: [
      ['-n, --name <name>*', 'the environment'],
      ['-v, --version <version>', 'its version; the last one by default'],
      ['-d, --directory <dir>*', 'the folder'],
      ['--overwrite', 'replace what is there'],
    ],
    run: async (flags) => (await load()).download(flags),
  },
  {
    name: 'scaffold',
    about: 'write the files of a new environment into a folder',
    example: '-n my-environment -d my-environment',
    flags: [
      ['-n, --name <name>*', 'its name'],
      ['-d, --directory <dir>*', 'the folder'],
    ],
    run: async (flags) => (await load()).scaffold(flags),
  },
  notEmulated('update', 'register it again, or create it with another version'),
  notEmulated('archive', 'environments are not archived here'),
  notEmulated('restore', 'environments are not archived here'),
  notEmulated('share', 'there is no registry to share with'),
];
