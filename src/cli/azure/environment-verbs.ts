import type { Verb } from './verbs.ts';

const load = () => import('../commands/environment.ts');

/** `az ml environment`, as far as a deployment needs it. */
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
    about: 'register an environment from a file of v2',
    example: '-f environment.yml',
    flags: [
      ['-f, --file <file>*', 'YAML with name, image and conda_file'],
      ['-n, --name <name>', 'another name than the one in the file'],
      ['--version <version>', 'another version'],
    ],
    run: async (flags) => (await load()).create(flags),
  },
  {
    name: 'list',
    about: 'list the environments',
    example: '-o table',
    flags: [['-n, --name <name>', 'only this name']],
    run: async (flags) => (await load()).list(flags),
  },
  {
    name: 'show',
    about: 'show one environment',
    example: '-n AzureML-Triton',
    flags: [
      ['-n, --name <name>*', 'the environment'],
      ['--ev, --version <version>', 'its version; the last one by default'],
    ],
    run: async (flags) => (await load()).show(flags),
  },
];
