import path from 'node:path';
import {
  archiveAsset,
  createEnvironment,
  listEnvironments,
  newEnvironment,
  readEnvironmentDirectory,
  readYaml,
  registerEnvironment,
  saveEnvironment,
  showEnvironment,
} from '../../azureml/index.ts';
import { AzureFlags } from '../azure/flags.ts';
import { printResult } from '../azure/output.ts';
import { EXIT } from '../exit-codes.ts';
import type { Flags } from '../flags.ts';

/** `triton-local environment register` */
export async function register(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  const definition = await readEnvironmentDirectory(flags.required('directory'));
  printResult(await registerEnvironment(await flags.openWorkspace(), definition), flags);
  return EXIT.ok;
}

/** `triton-local environment create` */
export async function create(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  const file = flags.text('file');
  const document = file === undefined ? undefined : await readYaml(file, '--file');
  const [conda, context] = [flags.text('condaFile'), flags.text('buildContext')];
  const members = {
    name: flags.text('name'),
    version: flags.text('version'),
    image: flags.text('image'),
    conda_file: conda && path.resolve(conda),
    build: context && {
      path: path.resolve(context),
      dockerfile_path: flags.text('dockerfilePath') ?? 'Dockerfile',
    },
    os_type: flags.text('osType'),
    description: flags.text('description'),
    tags: flags.texts('tags').length > 0 ? flags.labels('tags') : undefined,
  };
  const workspace = await flags.openWorkspace();
  printResult(await createEnvironment(workspace, document, members, flags.texts('set')), flags);
  return EXIT.ok;
}

/** `triton-local environment list` */
export async function list(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  const name = flags.text('name');
  const all = await listEnvironments(await flags.openWorkspace(), flags.listView());
  const found = name === undefined ? all : all.filter((it) => it.name === name);
  printResult(found.slice(0, flags.number('maxResults')), flags);
  return EXIT.ok;
}

/** `triton-local environment show` */
export async function show(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  flags.checkLabel();
  const workspace = await flags.openWorkspace();
  printResult(await showEnvironment(workspace, flags.required('name'), flags.text('version')), flags);
  return EXIT.ok;
}

/** `triton-local environment download` */
export async function download(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  const workspace = await flags.openWorkspace();
  const environment = await showEnvironment(workspace, flags.required('name'), flags.text('version'));
  await saveEnvironment(environment, flags.required('directory'), flags.yesNo('overwrite') ?? false);
  return EXIT.ok;
}

/** `triton-local environment scaffold` */
export async function scaffold(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  await saveEnvironment(newEnvironment(flags.required('name')), flags.required('directory'), false);
  return EXIT.ok;
}

/** `triton-local environment archive` */
export function archive(given: Flags): Promise<number> {
  return setArchived(given, true);
}

/** `triton-local environment restore` */
export function restore(given: Flags): Promise<number> {
  return setArchived(given, false);
}

async function setArchived(given: Flags, archived: boolean): Promise<number> {
  const flags = new AzureFlags(given);
  const workspace = await flags.openWorkspace();
  const name = flags.required('name');
  flags.checkLabel();
  const latest = flags.text('label') && (await showEnvironment(workspace, name, undefined));
  const version = latest ? String(latest.version) : flags.text('version');
  await archiveAsset(workspace, 'environments', name, version, archived);
  return EXIT.ok;
}
