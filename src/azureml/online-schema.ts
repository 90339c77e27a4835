import { userError } from '../base/index.ts';
import type { JsonObject } from '../workspace/index.ts';
import type { Document } from './document.ts';
import { checkFields, type Fields } from './schema-fields.ts';
import { applySet } from './settings-path.ts';

const PROBE = {
  period: 'integer',
  initial_delay: 'integer',
  timeout: 'integer',
  success_threshold: 'integer',
  failure_threshold: 'integer',
} as const;

/** What every file of v2 may have; those that only the cloud gives are taken back as they were shown. */
const COMMON = {
  $schema: 'any',
  id: 'string',
  name: 'string',
  description: 'string',
  tags: 'mapping',
  properties: 'mapping',
  provisioning_state: 'string',
} as const;

/** What azure-ai-ml reads of an endpoint's file (azureml.md 5.1), managed or on Kubernetes. */
export const ENDPOINT_FIELDS: Fields = {
  ...COMMON,
  kind: 'any',
  location: 'string',
  scoring_uri: 'string',
  openapi_uri: 'string',
  auth_mode: ['aml_token', 'key', 'aad_token'],
  compute: 'string',
  identity: 'any',
  traffic: 'mapping',
  mirror_traffic: 'mapping',
  public_network_access: 'any',
};

/** What azure-ai-ml reads of a deployment's file, likewise. */
export const DEPLOYMENT_FIELDS: Fields = {
  ...COMMON,
  endpoint_name: 'string',
  type: ['managed', 'kubernetes'],
  model: 'any',
  model_mount_path: 'string',
  code_configuration: { code: 'string', scoring_script: 'string' },
  environment: 'any',
  environment_variables: 'mapping',
  instance_type: 'string',
  instance_count: 'integer',
  app_insights_enabled: 'boolean',
  request_settings: {
    request_timeout_ms: 'integer',
    max_concurrent_requests_per_instance: 'integer',
    max_queue_wait_ms: 'integer',
  },
  liveness_probe: PROBE,
  readiness_probe: PROBE,
  scale_settings: 'any',
  resources: 'any',
  data_collector: 'any',
  egress_public_network_access: 'any',
  private_network_connection: 'any',
};

/**
 * Checks the file of a deployment. The flags count as its members; only a machine of one's own needs no `instance_type`.
 * @throws AZUREML_REFUSED with all that is wrong.
 */
export function checkDeploymentFile(
  document: Document,
  flags: {
    readonly name: string | undefined;
    readonly endpointName: string | undefined;
    readonly set: readonly string[];
  },
): void {
  const given = applySet(document.value, flags.set);
  const value = {
    ...given,
    name: flags.name ?? given.name,
    endpoint_name: flags.endpointName ?? given.endpoint_name,
  };
  const isManaged = String(given.type ?? 'managed').toLowerCase() === 'managed';
  const required = ['name', 'endpoint_name', ...(isManaged ? ['instance_type'] : [])];
  checkFields(value, DEPLOYMENT_FIELDS, required, document);
}

/** @throws AZUREML_REFUSED in azure-ai-ml's words. */
export function checkOnlineName(name: string, kind: 'an endpoint' | 'a deployment'): void {
  if (name.length < 3 || name.length > 32) {
    throw userError(
      'AZUREML_REFUSED',
      `The name for ${kind} must be at least 3 and at most 32 characters long (inclusive of both limits).`,
    );
  }
  if (!/^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$/.test(name)) {
    throw userError(
      'AZUREML_REFUSED',
      `The name for ${kind} must start with an upper- or lowercase letter and only consist of '-'s and alphanumeric characters.`,
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
