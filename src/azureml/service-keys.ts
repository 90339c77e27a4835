import {
  type AzureWorkspace,
  type JsonObject,
  makeKey,
  replaceServiceKeys,
  type ServiceKeys,
  serviceKeys,
} from '../workspace/index.ts';
import { refusal } from './refusal.ts';
import { type ServiceHost, withService } from './service-host.ts';
import { serviceIn } from './services.ts';

/** `az ml service get-keys`. @throws SERVICE_NOT_FOUND; AZUREML_REFUSED for a local service, which has none. */
export async function getKeys(workspace: AzureWorkspace, name: string): Promise<ServiceKeys> {
  const service = serviceIn(await workspace.read(), name);
  if (service.computeType === 'Local') throw refusal('Local web services do not support auth keys.');
  return serviceKeys(workspace.keyFile(name));
}

/**
 * `az ml service regen-key`: replaces the primary or secondary key by `setKey` or a new one; valid from the next request.
 * @throws SERVICE_NOT_FOUND, AZUREML_REFUSED
 */
export async function regenerateKey(
  workspace: AzureWorkspace,
  host: ServiceHost,
  name: string,
  which: string,
  setKey: string | undefined,
): Promise<void> {
  const key = which.charAt(0).toUpperCase() + which.slice(1).toLowerCase();
  if (key !== 'Primary' && key !== 'Secondary') {
    throw refusal(`Error, invalid value provided for key: ${key}.\nValid options are: Primary, Secondary`);
  }
  const keys = await getKeys(workspace, name);
  const value = setKey ?? makeKey();
  await putKeys(workspace, host, name, {
    ...keys,
    ...(key === 'Primary' ? { primary: value } : { secondary: value }),
  });
}

/** Lifetime and refresh time of a token, as on AKS. */
const TOKEN_HOURS = 12;
const REFRESH_HOURS = 8;

/** `az ml service get-access-token`: a new token, which invalidates the previous one. */
export async function getAccessToken(
  workspace: AzureWorkspace,
  host: ServiceHost,
  name: string,
): Promise<JsonObject> {
  const { computeType, deploymentConfig } = serviceIn(await workspace.read(), name);
  if (computeType === 'Local') throw refusal('Local web services do not support Token Authentication.');
  if (computeType === 'ACI') throw refusal('ACI webservices do not support Token Authentication.');
  if (deploymentConfig.tokenAuthEnabled !== true) {
    throw refusal(`Token authentication is not enabled for service ${name}.`, {
      hint: 'deploy it with "tokenAuthEnabled": true and "authEnabled": false',
    });
  }
  const token = makeKey();
  await putKeys(workspace, host, name, { ...(await serviceKeys(workspace.keyFile(name))), token });
  const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
  return {
    accessToken: token,
    tokenType: 'Bearer',
    refreshAfter: inHours(REFRESH_HOURS),
    expiryOn: inHours(TOKEN_HOURS),
  };
}

async function putKeys(
  workspace: AzureWorkspace,
  host: ServiceHost,
  name: string,
  keys: ServiceKeys,
): Promise<void> {
  await replaceServiceKeys(workspace.keyFile(name), keys);
  const { running } = serviceIn(await workspace.read(), name);
  if (running) await withService(host, running.pid, (control) => control.rekey());
}
