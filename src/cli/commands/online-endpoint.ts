import { readFile } from 'node:fs/promises';
import {
  createEndpoint,
  deleteEndpoint,
  getCredentials,
  invokeEndpoint,
  listEndpoints,
  parseLabels,
  readYaml,
  regenerateEndpointKey,
  showEndpoint,
  updateEndpoint,
} from '../../azureml/index.ts';
import { messageOf, userError } from '../../base/index.ts';
import { serviceHost } from '../azure/deploy-flags.ts';
import { AzureFlags } from '../azure/flags.ts';
import { notify, printResult } from '../azure/output.ts';
import { EXIT } from '../exit-codes.ts';
import type { Flags } from '../flags.ts';
import { untilInterrupted } from '../signals.ts';

async function requestOf(flags: AzureFlags) {
  const file = flags.text('file');
  return {
    document: file === undefined ? undefined : await readYaml(file, '--file'),
    name: flags.text('name'),
    authMode: flags.text('authMode'),
    profile: flags.text('profile'),
    local: flags.yesNo('local') ?? false,
    set: flags.texts('set'),
  };
}

/** `triton-local online-endpoint create` */
export async function create(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  const workspace = await flags.openWorkspace();
  const request = await requestOf(flags);
  return untilInterrupted(async (signal) => {
    printResult(await createEndpoint(workspace, request, serviceHost(), notify, signal), flags);
  });
}

/** `triton-local online-endpoint update` */
export async function update(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  const workspace = await flags.openWorkspace();
  const request = {
    ...(await requestOf(flags)),
    traffic: percentagesOf(flags, 'traffic', '--traffic'),
    mirrorTraffic: percentagesOf(flags, 'mirrorTraffic', '--mirror-traffic'),
  };
  return untilInterrupted(async (signal) => {
    printResult(await updateEndpoint(workspace, request, serviceHost(), notify, signal), flags);
  });
}

/** az accepts them as one text with spaces as well as separately. */
function percentagesOf(flags: AzureFlags, name: string, option: string) {
  const splits = flags.texts(name).flatMap((text) => text.split(/\s+/).filter((split) => split !== ''));
  return splits.length === 0 ? undefined : parseLabels(splits, option);
}

/** `triton-local online-endpoint show` */
export async function show(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  printResult(await showEndpoint(await flags.openWorkspace(), serviceHost(), flags.required('name')), flags);
  return EXIT.ok;
}

/** `triton-local online-endpoint list` */
export async function list(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  printResult(await listEndpoints(await flags.openWorkspace(), serviceHost()), flags);
  return EXIT.ok;
}

/** `triton-local online-endpoint invoke`: prints the body of the answer as one JSON text, as az does. */
export async function invoke(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  const file = flags.required('requestFile');
  const body = await readFile(file, 'utf8').catch((error: unknown) => {
    throw userError('CONFIG_INVALID', `--request-file: ${messageOf(error)}`, { location: { file } });
  });
  const workspace = await flags.openWorkspace();
  const name = flags.required('name');
  printResult(
    await invokeEndpoint(workspace, serviceHost(), name, flags.text('deploymentName'), body),
    flags,
  );
  return EXIT.ok;
}

/** `triton-local online-endpoint get-credentials` */
export async function credentials(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  printResult(await getCredentials(await flags.openWorkspace(), flags.required('name')), flags);
  return EXIT.ok;
}

/** `triton-local online-endpoint regenerate-keys` */
export async function regenerate(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  const keyType = flags.text('keyType') ?? 'primary';
  printResult(
    await regenerateEndpointKey(
      await flags.openWorkspace(),
      flags.required('name'),
      keyType,
      flags.text('keyValue'),
    ),
    flags,
  );
  return EXIT.ok;
}

/** `triton-local online-endpoint delete` */
export async function remove(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  const workspace = await flags.openWorkspace();
  return untilInterrupted((signal) =>
    deleteEndpoint(workspace, serviceHost(), flags.required('name'), signal),
  );
}
