import { userError } from '../base/index.ts';
import type { JsonObject } from '../workspace/index.ts';
import type { Document } from './document.ts';
import type { Shape } from './schema-check.ts';

const PROBE = {
  period: 'number',
  initial_delay: 'number',
  timeout: 'number',
  success_threshold: 'number',
  failure_threshold: 'number',
} as const;

/** What azure-ai-ml reads of an endpoint's file (azureml.md 5.1). */
export const ENDPOINT_SHAPE: { readonly [name: string]: Shape } = {
  $schema: 'text',
  name: 'text',
  description: 'text',
  tags: 'any',
  properties: 'any',
  auth_mode: 'text',
  compute: 'text',
  identity: 'any',
  traffic: 'any',
  mirror_traffic: 'any',
  public_network_access: 'text',
};

/** What azure-ai-ml reads of a deployment's file. */
export const DEPLOYMENT_SHAPE: { readonly [name: string]: Shape } = {
  $schema: 'text',
  name: 'text',
  endpoint_name: 'text',
  description: 'text',
  tags: 'any',
  properties: 'any',
  type: 'text',
  model: 'any',
  model_mount_path: 'text',
  code_configuration: { code: 'text', scoring_script: 'text' },
  environment: 'any',
  environment_variables: 'any',
  instance_type: 'text',
  instance_count: 'number',
  app_insights_enabled: 'boolean',
  request_settings: {
    request_timeout_ms: 'number',
    max_concurrent_requests_per_instance: 'number',
    max_queue_wait_ms: 'number',
  },
  liveness_probe: PROBE,
  readiness_probe: PROBE,
  scale_settings: 'any',
  resources: 'any',
  data_collector: 'any',
  egress_public_network_access: 'text',
  private_network_connection: 'boolean',
};

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
  const total = Object.values(traffic).reduce<number>((sum, percent) => sum + Number(percent), 0);
  if (total > 100) {
    throw userError(
      'AZUREML_REFUSED',
      'Traffic rule percentages must sum to less than or equal to 100%',
      details,
    );
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
