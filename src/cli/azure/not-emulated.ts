import type { FlagLines } from './verbs.ts';

/** Reasons shared by several verbs. */
export const NO_REGISTRY = [
  ['--registry-name <name>', 'there is one workspace on this machine, and no registry'],
] as const satisfies FlagLines;

/** az's generic update flags besides `--set`. */
export const GENERIC_UPDATE = [
  ['--add <path...>', 'change the file, or use --set'],
  ['--remove <path...>', 'change the file, or use --set'],
  ['--force-string', 'with --set a text in quotes stays a text, as in --set tags.a=\'"1"\''],
] as const satisfies FlagLines;

export const NO_STUDIO = [
  ['--web', 'there is no studio here: open the scoring URI'],
] as const satisfies FlagLines;

/** Groups of `az ml` that are not emulated, because serving a model does not involve them. */
export const OTHER_GROUPS = [
  'batch-deployment',
  'batch-endpoint',
  'component',
  'compute',
  'computetarget',
  'connection',
  'dataset',
  'datastore',
  'experiment',
  'feature-set',
  'feature-store',
  'folder',
  'job',
  'pipeline',
  'registry',
  'run',
  'schedule',
  'serverless-endpoint',
  'workspace',
] as const;
