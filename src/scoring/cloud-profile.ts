import type { CloudProfileName, ProfileLimits } from '../config/index.ts';

/** An answer that the front end of a cloud service gives in the container's place. */
export interface FrontEndAnswer {
  readonly status: number;
  /** Plain text that names the limit: no client library can read it as a result. */
  readonly text: string;
}

/** What stands between a caller and the container in the cloud: limits, and how it tells of failures. */
export interface CloudProfile {
  /** How long an answer may take, from the last byte of the head on, waiting included. */
  readonly deadlineMs: number;
  readonly late: FrontEndAnswer;
  /** Requests that the container gets at a time. */
  readonly concurrent: number;
  /** How long a request waits for its turn. */
  readonly maxWaitMs: number;
  /** Requests that may wait. */
  readonly maxWaiting: number;
  readonly overloaded: FrontEndAnswer;
  readonly maxBodyBytes: number;
  /** Sent with every answer. */
  readonly headers: readonly string[];
  /** The request ids that reach the container. */
  readonly rewriteIds: boolean;
  /** How the caller learns of this status of the container; undefined where it is passed on. */
  translate(
    status: number,
    reason: string,
  ): { readonly status: number; readonly headers: readonly string[] } | undefined;
}

/**
 * The front ends of the two services, with their defaults (docs/reference/azureml.md#cloud-services-of-v1,
 * docs/reference/azureml.md#limits-and-statuses-of-online-endpoints,
 * docs/reference/azureml.md#what-differs-in-the-cloud) where a deployment says nothing: one request at a time for an
 * instance, half a second of waiting. On AKS a failed `run()` is 502 and a late one 504 after a minute; on managed
 * endpoints everything that is no success is 424, a late one 408 after five seconds, and at most as many wait as run.
 */
const PROFILES: Readonly<Record<Exclude<CloudProfileName, 'none'>, (limits: ProfileLimits) => CloudProfile>> =
  {
    aks: ({ timeoutMs = 60_000, concurrent = 1, waitMs = 500 }) => ({
      deadlineMs: timeoutMs,
      late: {
        status: 504,
        text: `The request was not answered within scoring_timeout_ms (${timeoutMs} ms).`,
      },
      concurrent,
      maxWaitMs: waitMs,
      maxWaiting: 1_000,
      overloaded: {
        status: 503,
        text: `The request waited longer than max_request_wait_time (${waitMs} ms) while replica_max_concurrent_requests (${concurrent}) was reached.`,
      },
      maxBodyBytes: 100 * 1024 * 1024,
      headers: [],
      rewriteIds: false,
      translate: (status) => (status === 500 ? { status: 502, headers: [] } : undefined),
    }),
    managed: ({ timeoutMs = 5_000, concurrent = 1, waitMs = 500 }) => ({
      deadlineMs: timeoutMs,
      late: {
        status: 408,
        text: `The request was not answered within request_timeout_ms (${timeoutMs} ms).`,
      },
      concurrent,
      maxWaitMs: waitMs,
      maxWaiting: concurrent,
      overloaded: {
        status: 429,
        text: `More requests are pending than max_concurrent_requests_per_instance (${concurrent}) and max_queue_wait_ms (${waitMs} ms) allow.`,
      },
      maxBodyBytes: Number.POSITIVE_INFINITY,
      headers: ['azureml-model-deployment', 'default'],
      rewriteIds: true,
      translate: (status, reason) =>
        status < 300
          ? undefined
          : {
              status: 424,
              headers: [
                'ms-azureml-model-error-statuscode',
                String(status),
                'ms-azureml-model-error-reason',
                reason,
              ],
            },
    }),
  };

/** The front end of the service named, with a deployment's own limits; undefined for `none`. */
export function cloudProfile(name: CloudProfileName, limits: ProfileLimits = {}): CloudProfile | undefined {
  return name === 'none' ? undefined : PROFILES[name](limits);
}
