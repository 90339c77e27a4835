import type { CloudProfileName, ProfileLimits } from '../config/index.ts';
import type { JsonObject } from '../workspace/index.ts';
import { numberIn, objectIn } from './document.ts';
import { refusal } from './refusal.ts';

/** What stands before a deployment where it would run; imposed by its emulator (`up --profile`). */
export interface CloudLimits {
  readonly profile: CloudProfileName;
  /** What the deployment itself says; the profile has the cloud's defaults for the rest. */
  readonly limits: ProfileLimits;
}

export const NO_LIMITS: CloudLimits = { profile: 'none', limits: {} };

/**
 * Those of a service on AKS, by its deployment configuration (docs/reference/azureml.md#deployment-configuration),
 * which has been checked.
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
 * Those of a managed deployment, by its YAML (docs/reference/azureml.md#online-endpoints-and-deployments).
 * @throws AZUREML_REFUSED for what is no number above zero.
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
  // As azure-ai-ml reads them, which knows no least value.
  const number = Math.trunc(Number(given));
  if (number > 0) return number;
  throw refusal(`${where}${name}: a whole number above 0 is wanted, not ${JSON.stringify(given)}`);
}

/** The same as arguments of `up`. */
export function limitFlags({ profile, limits }: CloudLimits): string[] {
  const said = Object.entries(limits).map(([name, limit]) => `${name}=${limit}`);
  return ['--profile', profile, ...said.flatMap((one) => ['--profile-limits', one])];
}
