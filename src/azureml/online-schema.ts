import { type SourceLocation, userError } from '../base/index.ts';
import type { JsonObject } from '../workspace/index.ts';
import { type Document, objectIn, textIn } from './document.ts';
import { refusal } from './refusal.ts';
import { checkFile } from './yaml/index.ts';

/**
 * Reads the file of an endpoint. azure-ai-ml takes one that names a cluster for one on Kubernetes.
 * @throws AZUREML_REFUSED with all that is wrong.
 */
export function checkEndpoint(value: JsonObject, document: Document | undefined): JsonObject {
  const schema = isEmpty(value.compute) ? 'ManagedOnlineEndpointSchema' : 'KubernetesOnlineEndpointSchema';
  const endpoint = checkFile(value, schema, document);
  const identity = objectIn(endpoint, 'identity');
  if (identity && identity.type === undefined) {
    throw refusal(
      'Identity type not found in provided yaml file.',
      document && { location: document.locate('identity') },
    );
  }
  return endpoint;
}

/** What Python takes for false. */
function isEmpty(value: unknown): boolean {
  return !value || (typeof value === 'object' && Object.keys(value).length === 0);
}

/**
 * Reads a deployment: its file with the flags laid over it.
 * @throws AZUREML_REFUSED with all that is wrong.
 */
export function checkDeployment(value: JsonObject, document: Document | undefined): JsonObject {
  const isOnKubernetes = value.type === 'kubernetes';
  const schema = isOnKubernetes ? 'KubernetesOnlineDeploymentSchema' : 'ManagedOnlineDeploymentSchema';
  const deployment = checkFile(value, schema, document);
  const at = (member: string) => (document ? { location: document.locate(member) } : {});
  const name = textIn(deployment, 'name');
  if (name !== undefined) checkOnlineName(name, 'a deployment', at('name'));
  const code = objectIn(deployment, 'code_configuration');
  if (code?.code && !code.scoring_script)
    throw refusal("scoring script can't be empty", at('code_configuration'));
  if (!isOnKubernetes && (objectIn(deployment, 'scale_settings')?.type ?? 'default') !== 'default')
    throw refusal('ManagedOnlineEndpoint supports DefaultScaleSettings only.', at('scale_settings'));
  return deployment;
}

/** @throws AZUREML_REFUSED in azure-ai-ml's words. */
export function checkOnlineName(
  name: string,
  kind: 'an endpoint' | 'a deployment',
  details: { readonly location?: SourceLocation } = {},
): void {
  if (name.length < 3 || name.length > 32) {
    throw userError(
      'AZUREML_REFUSED',
      `The name for ${kind} must be at least 3 and at most 32 characters long (inclusive of both limits).`,
      details,
    );
  }
  if (!/^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$/.test(name)) {
    throw userError(
      'AZUREML_REFUSED',
      `The name for ${kind} must start with an upper- or lowercase letter and only consist of '-'s and alphanumeric characters.`,
      details,
    );
  }
}

/** @throws AZUREML_REFUSED for percents that are none, or are more than all. */
export function checkTraffic(traffic: JsonObject, deployments: readonly string[], document?: Document): void {
  const details = document ? { location: document.locate('traffic') } : {};
  const total = Object.values(traffic).reduce<number>((sum, percent) => sum + Number(percent), 0);
  if (total > 100) {
    throw userError(
      'AZUREML_REFUSED',
      'Traffic rule percentages must sum to less than or equal to 100%',
      details,
    );
  }
  for (const [name, percent] of Object.entries(traffic)) {
    if (typeof percent !== 'number' || !Number.isInteger(percent) || percent < 0 || percent > 100)
      throw userError('AZUREML_REFUSED', `traffic.${name} must be a whole number from 0 to 100`, details);
    if (percent > 0 && !deployments.includes(name)) {
      throw userError('AZUREML_REFUSED', `The deployment ${name} that gets traffic does not exist.`, {
        hint:
          deployments.length > 0
            ? `there are: ${deployments.join(', ')}`
            : 'create it first; a new endpoint has no deployment',
        ...details,
      });
    }
  }
}

/** A member that must be there. @throws AZUREML_REFUSED as marshmallow, which azure-ai-ml reads files with, says it. */
export function requireMember(value: JsonObject, name: string, document: Document | undefined): string {
  const member = value[name];
  if (typeof member === 'string' && member !== '') return member;
  throw userError('AZUREML_REFUSED', `${name}: Missing data for required field.`, {
    ...(document && { location: { file: document.file } }),
  });
}
