import { ownValue, type SourceLocation, userError } from '../base/index.ts';
import type { JsonObject } from '../workspace/index.ts';
import { type Document, objectIn, textIn } from './document.ts';
import { refusal } from './refusal.ts';
import { checkFile } from './yaml/index.ts';

/**
 * Reads the file of an endpoint. For azure-ai-ml, one that names a cluster is a Kubernetes endpoint.
 * @throws AZUREML_REFUSED with every fault.
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

/** Values that are false in Python. */
function isEmpty(value: unknown): boolean {
  return !value || (typeof value === 'object' && Object.keys(value).length === 0);
}

/**
 * Reads a deployment: its file with the flags applied.
 * @throws AZUREML_REFUSED with every fault.
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

/** @throws AZUREML_REFUSED with azure-ai-ml's message. */
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

/** @throws AZUREML_REFUSED for percentages that are invalid, or whose sum is neither 0 nor 100. */
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
  if (total !== 0 && total !== 100)
    throw userError('AZUREML_REFUSED', `Traffic percentages must sum to 0 or 100, not ${total}.`, details);
}

const MAX_MIRRORED = 50;

/**
 * Checks mirrored traffic: one deployment, which gets no traffic of its own, up to half of all requests.
 * @throws AZUREML_REFUSED
 */
export function checkMirrorTraffic(
  mirrored: JsonObject,
  traffic: JsonObject,
  deployments: readonly string[],
  document?: Document,
): void {
  const details = document ? { location: document.locate('mirror_traffic') } : {};
  const refuse = (message: string) => userError('AZUREML_REFUSED', message, details);
  const named = Object.entries(mirrored).filter(([, percent]) => percent !== 0);
  if (named.length > 1) throw refuse('Traffic can be mirrored to one deployment only.');
  for (const [name, percent] of named) {
    if (!Number.isInteger(percent) || Number(percent) < 0 || Number(percent) > MAX_MIRRORED)
      throw refuse(`mirror_traffic.${name} must be a whole number from 0 to ${MAX_MIRRORED}`);
    if (!deployments.includes(name))
      throw refuse(`The deployment ${name} that gets mirrored traffic does not exist.`);
    if (Number(ownValue(traffic, name) ?? 0) > 0)
      throw refuse(`The deployment ${name} cannot get both live and mirrored traffic.`);
  }
}

/** A required member. @throws AZUREML_REFUSED with the message of marshmallow, which azure-ai-ml uses. */
export function requireMember(value: JsonObject, name: string, document: Document | undefined): string {
  const member = value[name];
  if (typeof member === 'string' && member !== '') return member;
  throw userError('AZUREML_REFUSED', `${name}: Missing data for required field.`, {
    ...(document && { location: { file: document.file } }),
  });
}
