import { readFile } from 'node:fs/promises';
import {
  deleteService,
  getAccessToken,
  getKeys,
  getLogs,
  listServices,
  readDeploymentSettings,
  readDocument,
  regenerateKey,
  runService,
  showService,
  updateService,
} from '../../azureml/index.ts';
import { messageOf, userError } from '../../base/index.ts';
import { deployRequest, serviceHost } from '../azure/deploy-flags.ts';
import { AzureFlags } from '../azure/flags.ts';
import { notify, printResult } from '../azure/output.ts';
import { EXIT } from '../exit-codes.ts';
import type { Flags } from '../flags.ts';
import { print } from '../print.ts';
import { untilInterrupted } from '../signals.ts';

const DEFAULT_LINES = 5000;

/** `triton-local service list` */
export async function list(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  const filter = {
    computeType: flags.text('computeType'),
    modelId: flags.text('modelId'),
    modelName: flags.text('modelName'),
    tags: flags.texts('tag'),
    properties: flags.texts('property'),
  };
  printResult(await listServices(await flags.openWorkspace(), serviceHost(), filter), flags);
  return EXIT.ok;
}

/** `triton-local service show` */
export async function show(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  printResult(await showService(await flags.openWorkspace(), serviceHost(), flags.required('name')), flags);
  return EXIT.ok;
}

/** `triton-local service run` */
export async function runOnce(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  const input = flags.text('inputData') ?? '';
  const body = input.startsWith('@') ? await readInput(input.slice(1)) : input;
  printResult(await runService(await flags.openWorkspace(), flags.required('name'), body), flags);
  return EXIT.ok;
}

/** `triton-local service get-keys` */
export async function keys(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  const { primary, secondary } = await getKeys(await flags.openWorkspace(), flags.required('name'));
  printResult({ primaryKey: primary, secondaryKey: secondary }, flags);
  return EXIT.ok;
}

/** `triton-local service regen-key` */
export async function regenerate(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  const workspace = await flags.openWorkspace();
  const name = flags.required('name');
  await regenerateKey(workspace, serviceHost(), name, flags.required('key'), flags.text('setKey'));
  return EXIT.ok;
}

/** `triton-local service get-access-token` */
export async function token(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  const workspace = await flags.openWorkspace();
  printResult(await getAccessToken(workspace, serviceHost(), flags.required('name')), flags);
  return EXIT.ok;
}

/** `triton-local service get-logs`: prints the plain text, as az does. */
export async function logs(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  const lines = flags.number('num_lines') ?? DEFAULT_LINES;
  if (!Number.isInteger(lines) || lines < 1)
    throw userError('CONFIG_INVALID', '--num_lines must be 1 or more');
  print(`${await getLogs(await flags.openWorkspace(), flags.required('name'), lines)}\n`);
  return EXIT.ok;
}

/** `triton-local service update` */
export async function update(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  const workspace = await flags.openWorkspace();
  const name = flags.required('name');
  const change = {
    request: await deployRequest(flags, name),
    addTags: flags.labels('addTag'),
    removeTags: flags.texts('removeTag'),
    addProperties: flags.labels('addProperty'),
    freshSource: flags.yesNo('freshSource') ?? false,
  };
  return untilInterrupted(async (signal) => {
    printResult(await updateService(workspace, serviceHost(), name, change, notify, signal), flags);
  });
}

/** `triton-local service delete` */
export async function remove(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  const workspace = await flags.openWorkspace();
  return untilInterrupted((signal) =>
    deleteService(workspace, serviceHost(), flags.required('name'), signal),
  );
}

/** For `azureml.core`, whose deployment configurations are checked when they are made. */
export async function checkConfig(given: Flags): Promise<number> {
  const file = new AzureFlags(given).required('deployConfigFile');
  readDeploymentSettings(await readDocument(file, '--deploy-config-file'), {}, undefined);
  return EXIT.ok;
}

async function readInput(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw userError('CONFIG_INVALID', `--input-data: ${messageOf(error)}`, { location: { file } });
  }
}
