import { describe, expect, it } from 'vitest';
import { aksLimits, limitFlags, managedLimits, NO_LIMITS } from '../../../src/azureml/cloud-limits.ts';

describe('the limits that a deployment asks its emulator for', () => {
  it.each([
    [{}, { concurrent: 1 }],
    [{ instance_count: 3 }, { concurrent: 3 }],
    [
      {
        instance_count: 2,
        request_settings: {
          request_timeout_ms: 90_000,
          max_concurrent_requests_per_instance: 4,
          max_queue_wait_ms: 1_000,
        },
      },
      { concurrent: 8, timeoutMs: 90_000, waitMs: 1_000 },
    ],
  ])('a managed deployment of %j has %j', (deployment, limits) => {
    expect(managedLimits(deployment)).toEqual({ profile: 'managed', limits });
  });

  it('takes numbers as azure-ai-ml does, and refuses what nothing could be answered within', () => {
    const settings = { request_timeout_ms: '90', max_queue_wait_ms: 5.9 };
    expect(managedLimits({ request_settings: settings }).limits).toMatchObject({ timeoutMs: 90, waitMs: 5 });
    expect(() => managedLimits({ request_settings: { request_timeout_ms: 0 } })).toThrow(
      'request_settings.request_timeout_ms: must be a whole number above 0, not 0',
    );
  });

  it('a service on AKS counts its replicas, and its fractions of a millisecond are whole ones', () => {
    const config = { maxConcurrentRequestsPerContainer: 2, numReplicas: 3, maxQueueWaitMs: 0.5 };
    expect(aksLimits(config)).toEqual({ profile: 'aks', limits: { concurrent: 6, waitMs: 1 } });
  });

  it('are flags of up', () => {
    expect(limitFlags(NO_LIMITS)).toEqual(['--profile', 'none']);
    expect(limitFlags({ profile: 'aks', limits: { concurrent: 2, waitMs: 9 } })).toEqual(
      '--profile aks --profile-limits concurrent=2 --profile-limits waitMs=9'.split(' '),
    );
  });
});
