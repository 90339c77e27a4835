import { userError } from '../base/index.ts';
import {
  type AzureWorkspace,
  ENDPOINTS,
  type JsonObject,
  makeKey,
  replaceServiceKeys,
  serviceKeys,
} from '../workspace/index.ts';
import { oneOf } from './online-endpoint-plan.ts';
import { scoringUri } from './online-endpoints.ts';
import { endpointIn, endpointStatus } from './online-state.ts';
import type { ServiceHost } from './service-host.ts';

const TOKEN_HOURS = 1;

/** `az ml online-endpoint get-credentials`: both keys, or a token. @throws ENDPOINT_NOT_FOUND */
export async function getCredentials(workspace: AzureWorkspace, name: string): Promise<JsonObject> {
  const { authMode } = endpointIn(await workspace.read(), name);
  const file = workspace.keyFile(ENDPOINTS + name);
  const keys = await serviceKeys(file);
  if (authMode === 'key') return { primaryKey: keys.primary, secondaryKey: keys.secondary };
  const token = makeKey();
  await replaceServiceKeys(file, { ...keys, token });
  const expiry = Math.floor(Date.now() / 1000) + TOKEN_HOURS * 3600;
  return {
    accessToken: token,
    expiryTimeUtc: expiry,
    refreshAfterTimeUtc: expiry - 1800,
    tokenType: 'Bearer',
  };
}

/** `az ml online-endpoint regenerate-keys`: a new key, or the given one. @throws ENDPOINT_NOT_FOUND, AZUREML_REFUSED */
export async function regenerateEndpointKey(
  workspace: AzureWorkspace,
  name: string,
  keyType: string,
  key = makeKey(),
): Promise<JsonObject> {
  endpointIn(await workspace.read(), name);
  const which = oneOf(['primary', 'secondary'], keyType, '--key-type');
  const file = workspace.keyFile(ENDPOINTS + name);
  await replaceServiceKeys(file, { ...(await serviceKeys(file)), [which]: key });
  return getCredentials(workspace, name);
}

const INVOKE_LIMIT_MS = 600_000;

/** `az ml online-endpoint invoke`: posts to the scoring URI. @throws ENDPOINT_NOT_FOUND; SCORING_FAILED */
export async function invokeEndpoint(
  workspace: AzureWorkspace,
  host: ServiceHost,
  name: string,
  deployment: string | undefined,
  body: string,
): Promise<string> {
  const status = await endpointStatus(workspace, host, name);
  const { endpoint } = status;
  const shown = scoringUri(status);
  if (shown === null) throw userError('SERVICE_STOPPED', `endpoint ${name} is not running`);
  // The path of a script stays `/score`, whichever deployments have traffic.
  const isScript = endpoint.deployments.some((it) => it.name === deployment && it.deployment === 'script');
  const uri = isScript ? new URL('/score', shown).href : shown;
  const { primary } = await serviceKeys(workspace.keyFile(ENDPOINTS + name));
  const response = await fetch(uri, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${primary}`,
      ...(deployment !== undefined && { 'azureml-model-deployment': deployment }),
    },
    body,
    signal: AbortSignal.timeout(INVOKE_LIMIT_MS),
  });
  const text = await response.text();
  if (response.ok) return text;
  throw userError('SCORING_FAILED', `(${response.status}) ${text || response.statusText}`, {
    hint: `npx triton-local online-deployment get-logs -e ${name} -n DEPLOYMENT`,
  });
}
