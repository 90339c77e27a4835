import type { CloudProfileName, ProfileLimits } from '../config/index.ts';
import type { JsonObject } from '../workspace/index.ts';
import { numberIn, objectIn } from './document.ts';
import { refusal } from './refusal.ts';

/** The limits of the cloud's front end, applied by the deployment's emulator (`up --profile`). */
export interface CloudLimits {
  readonly profile: CloudProfileName;
  /** Limits that the deployment sets; the profile supplies the cloud's defaults for the others. */
  readonly limits: ProfileLimits;
}

export const NO_LIMITS: CloudLimits = { profile: 'none', limits: {} };

/**
 * The limits of a service on AKS, from its checked deployment configuration
 * (docs/reference/azureml.md#deployment-configuration).
 */
export function aksLimits(config: JsonObject): CloudLimits {
  const each = numberIn(config, 'maxConcurrentRequestsPerContainer') ?? 1;
  return {
    profile: 'aks',
    limits: limitsOf(
      numberIn(config, 'scoringTimeoutMs'),
      each * (numberIn(config, 'numReplicas') ?? 1),
      numberIn(config, 'maxQueueWaitMs'),
    ),
  };
}

/**
 * The limits of a managed deployment, from its YAML (docs/reference/azureml.md#online-endpoints-and-deployments).
 * @throws AZUREML_REFUSED for a value that is not a number above zero.
 */
export function managedLimits(deployment: JsonObject): CloudLimits {
  const settings = objectIn(deployment, 'request_settings');
  const setting = (name: string) => counted(settings, name, 'request_settings.');
  const each = setting('max_concurrent_requests_per_instance') ?? 1;
  return {
    profile: 'managed',
    limits: limitsOf(
      setting('request_timeout_ms'),
      each * (counted(deployment, 'instance_count', '') ?? 1),
      setting('max_queue_wait_ms'),
    ),
  };
}

function limitsOf(
  timeoutMs: number | undefined,
  concurrent: number,
  waitMs: number | undefined,
): ProfileLimits {
  return {
    concurrent: Math.ceil(concurrent),
    ...(timeoutMs !== undefined && { timeoutMs: Math.ceil(timeoutMs) }),
    ...(waitMs !== undefined && { waitMs: Math.ceil(waitMs) }),
  };
}

function counted(value: JsonObject | undefined, name: string, where: string): number | undefined {
  const given = value?.[name] ?? undefined;
  if (given === undefined) return undefined;
  // Read as azure-ai-ml reads them; it has no minimum.
  const number = Math.trunc(Number(given));
  if (number > 0) return number;
  throw refusal(`${where}${name}: must be a whole number above 0, not ${JSON.stringify(given)}`);
}

/** The limits as arguments of `up`. */
export function limitFlags({ profile, limits }: CloudLimits): string[] {
  const assignments = Object.entries(limits).map(([name, limit]) => `${name}=${limit}`);
  return ['--profile', profile, ...assignments.flatMap((one) => ['--profile-limits', one])];
}
