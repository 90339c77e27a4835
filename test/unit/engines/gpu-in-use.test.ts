import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findGpuInUse } from '../../../src/engines/gpu-in-use.ts';
import { FakeDaemons } from '../../helpers/fake-docker.ts';

const LINE = (uuid: string) => `nv_gpu_memory_total_bytes{gpu_uuid="${uuid}"} 85520809984\n`;
const signal = new AbortController().signal;

let servers: FakeDaemons;
beforeEach(() => {
  servers = new FakeDaemons();
});
afterEach(() => servers[Symbol.asyncDispose]());

const metrics = async (text: string) => `http://127.0.0.1:${await servers.listen(0, { '/metrics': text })}`;

describe('the GPU in use', () => {
  it('has the name of the log, though that comes later than the metrics', async () => {
    let name: string | undefined;
    setTimeout(() => {
      name = 'NVIDIA H100 80GB HBM3';
    }, 150);
    expect(await findGpuInUse(await metrics(LINE('GPU-1')), () => name, 2_000, signal)).toBe(
      'NVIDIA H100 80GB HBM3',
    );
  });

  it('mentions the others', async () => {
    const url = await metrics(LINE('GPU-1') + LINE('GPU-2') + LINE('GPU-3'));
    expect(await findGpuInUse(url, () => 'A', 2_000, signal)).toBe('A and 2 more');
  });

  it('has its UUID if no log names it', async () => {
    expect(await findGpuInUse(await metrics(LINE('GPU-1')), () => undefined, 2_000, signal)).toBe('GPU-1');
  });

  it('is undefined if the metrics name none in time', async () => {
    expect(
      await findGpuInUse(await metrics('nv_cpu_utilization 0.1\n'), () => 'A', 100, signal),
    ).toBeUndefined();
  });
});
