// The families that Triton has for each model: names and help texts as its 2.51 prints them.
import type { Latency, StatisticsTotals } from '../statistics.ts';

/** A sum of times as whole microseconds. */
export const microsecondsOf = ({ ns }: { readonly ns: number }) => Math.floor(ns / 1_000);

/** Sums of times, in whole microseconds. */
export const DURATIONS = [
  {
    latency: 'request',
    name: 'nv_inference_request_duration_us',
    help: 'Cumulative inference request duration in microseconds (includes cached requests)',
  },
  {
    latency: 'queue',
    name: 'nv_inference_queue_duration_us',
    help: 'Cumulative inference queuing duration in microseconds (includes cached requests)',
  },
  {
    latency: 'computeInput',
    name: 'nv_inference_compute_input_duration_us',
    help: 'Cumulative compute input duration in microseconds (does not include cached requests)',
  },
  {
    latency: 'computeInfer',
    name: 'nv_inference_compute_infer_duration_us',
    help: 'Cumulative compute inference duration in microseconds (does not include cached requests)',
  },
  {
    latency: 'computeOutput',
    name: 'nv_inference_compute_output_duration_us',
    help: 'Cumulative inference compute output duration in microseconds (does not include cached requests)',
  },
] as const satisfies readonly { readonly latency: Latency; readonly name: string; readonly help: string }[];

/** Only for models whose configuration enables the response cache. */
export const CACHE_COUNTERS: readonly {
  readonly name: string;
  readonly help: string;
  readonly of: (totals: StatisticsTotals) => number;
}[] = [
  {
    name: 'nv_cache_num_hits_per_model',
    help: 'Number of cache hits per model',
    of: ({ latencies }) => latencies.cacheHit.count,
  },
  {
    name: 'nv_cache_hit_duration_per_model',
    help: 'Total cache hit duration per model, in microseconds',
    of: ({ latencies }) => microsecondsOf(latencies.cacheHit),
  },
  {
    name: 'nv_cache_num_misses_per_model',
    help: 'Number of cache misses per model',
    of: ({ latencies }) => latencies.cacheMiss.count,
  },
  {
    name: 'nv_cache_miss_duration_per_model',
    help: 'Total cache miss (insert+lookup) duration per model, in microseconds',
    of: ({ latencies }) => microsecondsOf(latencies.cacheMiss),
  },
];

/** The summaries; Triton has none of the whole request if the response cache is enabled. */
export const SUMMARIES: readonly {
  readonly latency: Latency;
  readonly name: string;
  readonly help: string;
  readonly isFor: (isCached: boolean) => boolean;
}[] = [
  {
    latency: 'request',
    name: 'nv_inference_request_summary_us',
    help: 'Summary of inference request duration in microseconds (includes cached requests)',
    isFor: (isCached) => !isCached,
  },
  {
    latency: 'queue',
    name: 'nv_inference_queue_summary_us',
    help: 'Summary of inference queuing duration in microseconds (includes cached requests)',
    isFor: () => true,
  },
  {
    latency: 'computeInput',
    name: 'nv_inference_compute_input_summary_us',
    help: 'Cumulative compute input duration in microseconds (does not include cached requests)',
    isFor: () => true,
  },
  {
    latency: 'computeInfer',
    name: 'nv_inference_compute_infer_summary_us',
    help: 'Cumulative compute inference duration in microseconds (does not include cached requests)',
    isFor: () => true,
  },
  {
    latency: 'computeOutput',
    name: 'nv_inference_compute_output_summary_us',
    help: 'Cumulative inference compute output duration in microseconds (does not include cached requests)',
    isFor: () => true,
  },
  {
    latency: 'cacheHit',
    name: 'nv_cache_hit_summary_per_model',
    help: 'Summary of cache hit counts/durations per model, in microseconds.',
    isFor: (isCached) => isCached,
  },
  {
    latency: 'cacheMiss',
    name: 'nv_cache_miss_summary_per_model',
    help: 'Summary of cache miss counts/durations per model, in microseconds.',
    isFor: (isCached) => isCached,
  },
];
