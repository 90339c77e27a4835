import {
  createEnvironment,
  listEnvironments,
  readEnvironmentDirectory,
  readYaml,
  registerEnvironment,
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
  const document = await readYaml(flags.required('file'), '--file');
  const over = { name: flags.text('name'), version: flags.text('version') };
  printResult(await createEnvironment(await flags.openWorkspace(), document, over), flags);
  return EXIT.ok;
}

/** `triton-local environment list` */
export async function list(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  const name = flags.text('name');
  const all = await listEnvironments(await flags.openWorkspace());
  printResult(name === undefined ? all : all.filter((it) => it.name === name), flags);
  return EXIT.ok;
}

/** `triton-local environment show` */
export async function show(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  const workspace = await flags.openWorkspace();
  printResult(await showEnvironment(workspace, flags.required('name'), flags.text('version')), flags);
  return EXIT.ok;
}
