import type { CloudProfileName, ProfileLimits } from '../config/index.ts';

/** An answer that the front end of a cloud service gives instead of the container. */
export interface FrontEndAnswer {
  readonly status: number;
  /** Plain text that names the limit, which no client library mistakes for a result. */
  readonly text: string;
}

/** The limits between a caller and the container in the cloud, and how failures are reported. */
export interface CloudProfile {
  /** How long an answer may take, queueing included, counted from the last byte of the request's head. */
  readonly deadlineMs: number;
  readonly late: FrontEndAnswer;
  /** How many requests the container handles at a time. */
  readonly concurrent: number;
  /** How long a request may be queued. */
  readonly maxWaitMs: number;
  /** How many requests may be queued. */
  readonly maxWaiting: number;
  readonly overloaded: FrontEndAnswer;
  readonly maxBodyBytes: number;
  /** Sent with every answer. */
  readonly headers: readonly string[];
  /** Whether the container receives request ids of the front end instead of the caller's. */
  readonly rewriteIds: boolean;
  /** What the caller receives for this status of the container; undefined if it is passed on unchanged. */
  translate(
    status: number,
    reason: string,
  ): { readonly status: number; readonly headers: readonly string[] } | undefined;
}

/**
 * The front ends of the two services, with the defaults of a deployment that sets no limits
 * (docs/reference/azureml.md#cloud-services-of-v1, docs/reference/azureml.md#limits-and-statuses-of-online-endpoints,
 * docs/reference/azureml.md#what-differs-in-the-cloud): one request at a time per instance, half a second in the queue.
 * On AKS a failed `run()` becomes 502 and a late answer 504 after a minute. On managed endpoints every failure becomes
 * 424, a late answer 408 after five seconds, and no more requests may be queued than run.
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

/** Returns the front end of the named service with a deployment's own limits; undefined for `none`. */
export function cloudProfile(name: CloudProfileName, limits: ProfileLimits = {}): CloudProfile | undefined {
  return name === 'none' ? undefined : PROFILES[name](limits);
}
