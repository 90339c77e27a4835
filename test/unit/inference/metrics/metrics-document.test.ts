import { afterEach, describe, expect, it } from 'vitest';
import { Metrics } from '../../../../src/inference/metrics/metrics-document.ts';
import { MetricsListener } from '../../../../src/inference/metrics/metrics-listener.ts';
import { readTritonArguments } from '../../../../src/inference/triton-arguments.ts';

const TIMES = { computeInputNs: 1_000, computeInferNs: 4_000_999, computeOutputNs: 2_000 };

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});

function metricsWith(...args: string[]): Metrics {
  const metrics = new Metrics(readTritonArguments(args).metrics);
  open.push(metrics);
  return metrics;
}

const measured = (model: string, isCached = false) => ({ model, version: '1', tags: {}, isCached });

function lines(metrics: Metrics, pattern: RegExp): string[] {
  return metrics
    .render()
    .split('\n')
    .filter((line) => pattern.test(line) && !line.startsWith('#'));
}

const families = (metrics: Metrics) =>
  [...metrics.render().matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);

describe('metrics of models', () => {
  it('are the statistics of the version, in microseconds', () => {
    const metrics = metricsWith();
    const { statistics } = metrics.models.open({ ...measured('m'), tags: { team: 'a' } });
    statistics.execution(3, TIMES);
    statistics.success(5_000_999, 7_999, TIMES);
    statistics.failure(1, 'REJECTED');
    const labels = '_team="a",model="m",version="1"';
    expect(lines(metrics, /_request_|_count\{|_exec_|infer_dur|queue/)).toEqual([
      `nv_inference_request_success{${labels}} 1`,
      ...[
        ['REJECTED', 1],
        ['CANCELED', 0],
        ['BACKEND', 0],
        ['OTHER', 0],
      ].map(
        ([reason, count]) =>
          `nv_inference_request_failure{_team="a",model="m",reason="${reason}",version="1"} ${count}`,
      ),
      `nv_inference_count{${labels}} 3`,
      `nv_inference_exec_count{${labels}} 1`,
      `nv_inference_request_duration_us{${labels}} 5000`,
      `nv_inference_queue_duration_us{${labels}} 7`,
      `nv_inference_compute_infer_duration_us{${labels}} 4000`,
      `nv_inference_pending_request_count{${labels}} 0`,
    ]);
  });

  it('go on from one load to the next, and go with the last', () => {
    const metrics = metricsWith();
    const success = () => lines(metrics, /_success\{/).map((line) => line.split(' ')[1]);
    const first = metrics.models.open(measured('m'));
    first.statistics.success(1, 1, TIMES);
    const second = metrics.models.open(measured('m'));
    second.waiting = () => 2;
    second.statistics.success(1, 1, TIMES);
    first.statistics.success(1, 1, TIMES);
    expect(success()).toEqual(['3']);
    first.close();
    first.close();
    second.statistics.success(1, 1, TIMES);
    expect(success()).toEqual(['4']);
    expect(lines(metrics, /pending/)).toEqual([
      'nv_inference_pending_request_count{model="m",version="1"} 2',
    ]);
    second.close();
    expect(success()).toEqual([]);
    metrics.models.open(measured('m'));
    expect(success()).toEqual(['0']);
  });

  it('count the response cache only of models that use it', () => {
    const metrics = metricsWith();
    metrics.models.open(measured('plain'));
    const { statistics } = metrics.models.open(measured('cached', true));
    statistics.cacheHit(3_000);
    statistics.cacheMiss(9_000);
    expect(lines(metrics, /^nv_cache/)).toEqual([
      'nv_cache_num_hits_per_model{model="cached",version="1"} 1',
      'nv_cache_hit_duration_per_model{model="cached",version="1"} 3',
      'nv_cache_num_misses_per_model{model="cached",version="1"} 1',
      'nv_cache_miss_duration_per_model{model="cached",version="1"} 9',
    ]);
  });

  it('have the summaries that --metrics-config asks for; none of the request for a cached model', () => {
    const metrics = metricsWith(
      '--metrics-config=summary_latencies=true',
      '--metrics-config=summary_quantiles=0.5:0.05,0.99:0.001',
    );
    const { statistics } = metrics.models.open(measured('m'));
    metrics.models.open(measured('cached', true));
    for (const milliseconds of [1, 2, 3]) statistics.success(milliseconds * 1e6, 0, TIMES);
    expect(lines(metrics, /^nv_inference_request_summary/)).toEqual([
      'nv_inference_request_summary_us_count{model="m",version="1"} 3',
      'nv_inference_request_summary_us_sum{model="m",version="1"} 6000',
      'nv_inference_request_summary_us{model="m",version="1",quantile="0.5"} 2000',
      'nv_inference_request_summary_us{model="m",version="1",quantile="0.99"} 3000',
    ]);
    expect(lines(metrics, /^nv_cache_hit_summary.*quantile="0.5"/)).toEqual([
      'nv_cache_hit_summary_per_model{model="cached",version="1",quantile="0.5"} Nan',
    ]);
  });

  it('stand still with counter_latencies=false, and have no times then', () => {
    const metrics = metricsWith('--metrics-config=counter_latencies=false', '--allow-cpu-metrics=false');
    const { statistics } = metrics.models.open(measured('cached', true));
    statistics.success(1e6, 0, TIMES);
    statistics.failure(1, 'BACKEND');
    expect(lines(metrics, /_success|BACKEND/).map((line) => line.split(' ')[1])).toEqual(['0', '0']);
    expect(families(metrics)).toEqual([
      'nv_inference_request_success',
      'nv_inference_request_failure',
      'nv_inference_count',
      'nv_inference_exec_count',
      'nv_inference_pending_request_count',
      'nv_pinned_memory_pool_total_bytes',
      'nv_pinned_memory_pool_used_bytes',
    ]);
  });

  it('have no summaries, histograms or GPUs by default', () => {
    const metrics = metricsWith('--metrics-config=histogram_latencies=true', '--metrics-config=unknown=1');
    metrics.models.open(measured('m'));
    expect(families(metrics).filter((name) => /summary|histogram|gpu/.test(name ?? ''))).toEqual([]);
    expect(families(metrics)).toContain('nv_cpu_memory_total_bytes');
  });

  it.each([
    ['summary_latencies', /--metrics-config wants KEY=VALUE/],
    ['summary_quantiles=2:0.1', /wants summary_quantiles=QUANTILE:ERROR/],
    ['summary_quantiles=a', /wants summary_quantiles=QUANTILE:ERROR/],
  ])('are refused for --metrics-config=%s', (value, text) => {
    const args = ['--metrics-config=summary_latencies=true', `--metrics-config=${value}`];
    expect(() => readTritonArguments(args)).toThrow(text);
  });
});

describe('the metrics port', () => {
  it('answers GET only, /metrics with the document and other paths with nothing', async () => {
    const listener = new MetricsListener(() => 'the document\n');
    open.push(listener);
    const base = `http://127.0.0.1:${await listener.listen('127.0.0.1', 0, 'metrics')}`;
    const ask = async (path: string, method = 'GET') => {
      const response = await fetch(base + path, { method });
      return [response.status, response.headers.get('content-type'), await response.text()];
    };
    const type = 'text/plain; charset=utf-8';
    expect(await ask('/metrics')).toEqual([200, type, 'the document\n']);
    expect(await ask('/metrics/?a=b')).toEqual([200, type, 'the document\n']);
    expect(await ask('/metricsx')).toEqual([200, type, '']);
    expect(await ask('/metrics', 'POST')).toEqual([405, 'text/plain', '{"error":"Method Not Allowed"}']);
  });
});
