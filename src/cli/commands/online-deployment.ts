import {
  deleteDeployment,
  deployOnline,
  getDeploymentLogs,
  listDeployments,
  readYaml,
  showDeployment,
} from '../../azureml/index.ts';
import { userError } from '../../base/index.ts';
import { serviceHost } from '../azure/deploy-flags.ts';
import { AzureFlags } from '../azure/flags.ts';
import { notify, printResult } from '../azure/output.ts';
import { EXIT } from '../exit-codes.ts';
import type { Flags } from '../flags.ts';
import { print } from '../print.ts';
import { untilInterrupted } from '../signals.ts';

const DEFAULT_LINES = 50;

/** `triton-local online-deployment create` */
export async function create(given: Flags): Promise<number> {
  if (given.file === undefined) throw userError('CONFIG_INVALID', 'give --file, the deployment as YAML');
  return update(given);
}

/** `triton-local online-deployment update` */
export async function update(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  const workspace = await flags.openWorkspace();
  const file = flags.text('file');
  const request = {
    document: file === undefined ? undefined : await readYaml(file, '--file'),
    name: flags.text('name'),
    endpointName: flags.text('endpointName'),
    set: flags.texts('set'),
    allTraffic: flags.yesNo('allTraffic') ?? false,
    local: flags.yesNo('local') ?? false,
    gpu: flags.yesNo('localEnableGpu') ?? false,
  };
  return untilInterrupted(async (signal) => {
    printResult(await deployOnline(workspace, request, serviceHost(), notify, signal), flags);
  });
}

/** `triton-local online-deployment show` */
export async function show(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  const workspace = await flags.openWorkspace();
  const { endpoint, name } = deploymentOf(flags);
  printResult(await showDeployment(workspace, serviceHost(), endpoint, name), flags);
  return EXIT.ok;
}

/** `triton-local online-deployment list` */
export async function list(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  const workspace = await flags.openWorkspace();
  printResult(await listDeployments(workspace, serviceHost(), flags.required('endpointName')), flags);
  return EXIT.ok;
}

/** `triton-local online-deployment get-logs`: prints the plain text. */
export async function logs(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  const lines = flags.number('lines') ?? DEFAULT_LINES;
  if (!Number.isInteger(lines) || lines < 1) throw userError('CONFIG_INVALID', '--lines must be 1 or more');
  const { endpoint, name } = deploymentOf(flags);
  print(`${await getDeploymentLogs(await flags.openWorkspace(), endpoint, name, lines)}\n`);
  return EXIT.ok;
}

/** `triton-local online-deployment delete` */
export async function remove(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  const workspace = await flags.openWorkspace();
  const { endpoint, name } = deploymentOf(flags);
  return untilInterrupted((signal) => deleteDeployment(workspace, serviceHost(), endpoint, name, signal));
}

const deploymentOf = (flags: AzureFlags) => ({
  endpoint: flags.required('endpointName'),
  name: flags.required('name'),
});
