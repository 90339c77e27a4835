import { execFileSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { tarDirectory } from '../../../../src/engines/docker/archive.ts';
import { containerOptions } from '../../../../src/engines/docker/container/spec.ts';
import { deviceRequests, gpuForm, isGpuRefusal } from '../../../../src/engines/docker/gpu.ts';
import { gpuNameIn, gpuUuids } from '../../../../src/engines/gpu-in-use.ts';
import { TempFolder } from '../../../helpers/temp-project.ts';

describe('GPUs of a container', () => {
  it('are requested as `docker run --gpus` does, or by CDI names', () => {
    expect(deviceRequests('all', 'runtime')).toEqual([{ Driver: '', Count: -1, Capabilities: [['gpu']] }]);
    expect(deviceRequests(['0', '2'], 'runtime')).toEqual([
      { Driver: '', DeviceIDs: ['0', '2'], Capabilities: [['gpu']] },
    ]);
    expect(deviceRequests('all', 'cdi')).toEqual([{ Driver: 'cdi', DeviceIDs: ['nvidia.com/gpu=all'] }]);
    expect(deviceRequests(['1'], 'cdi')).toEqual([{ Driver: 'cdi', DeviceIDs: ['nvidia.com/gpu=1'] }]);
    expect(deviceRequests('none', 'runtime')).toEqual([]);
  });

  it('come in the form that the daemon has', () => {
    expect(gpuForm({ Runtimes: { runc: {}, nvidia: {} } }, false)).toBe('runtime');
    expect(gpuForm({ DiscoveredDevices: [{ ID: 'nvidia.com/gpu=all' }] }, false)).toBe('cdi');
    expect(gpuForm({}, true)).toBe('cdi');
    expect(gpuForm({ Runtimes: { runc: {} }, CDISpecDirs: ['/etc/cdi'] }, false)).toBeNull();
  });

  it('are known by the metrics and the log of the real Triton', () => {
    const seen =
      'nv_gpu_memory_total_bytes{gpu_uuid="GPU-00000000-0000-0000-0000-000000000000"} 85520809984\n';
    expect(gpuUuids(`# HELP nv_gpu_utilization x\n${seen}`)).toEqual([
      'GPU-00000000-0000-0000-0000-000000000000',
    ]);
    expect(gpuUuids('nv_cpu_utilization 0.1\n')).toEqual([]);
    const line =
      'I1122 10:00:00.000000 1 metrics.cc:890] "Collecting metrics for GPU 0: NVIDIA H100 80GB HBM3"';
    expect(gpuNameIn(line)).toBe('NVIDIA H100 80GB HBM3');
  });

  it.each([
    'could not select device driver "" with capabilities: [[gpu]]',
    'failed to create shim: nvidia-container-cli: initialization error: load library failed: libnvidia-ml.so.1',
    'CDI device injection failed: unresolvable CDI devices nvidia.com/gpu=all',
  ])('a refusal is known by its words: %s', (words) => {
    expect(isGpuRefusal(words)).toBe(true);
    expect(isGpuRefusal('port is already allocated')).toBe(false);
  });
});

describe('the container', () => {
  it('is published on loopback at free ports, with the repository read-only', () => {
    const { HostConfig, Cmd } = containerOptions({
      image: 'i',
      labels: { 'dev.triton-local.instance': 'x' },
      mounted: '/staged',
      gpus: 'none',
      gpuForm: 'runtime',
      ulimits: true,
      init: true,
      publishOn: '127.0.0.1',
    });
    expect(HostConfig?.PortBindings?.['8000/tcp']).toEqual([{ HostIp: '127.0.0.1', HostPort: '0' }]);
    expect(HostConfig?.Mounts).toEqual([
      { Type: 'bind', Source: '/staged', Target: '/models', ReadOnly: true },
    ]);
    expect(HostConfig).toMatchObject({ AutoRemove: false, Init: true });
    expect(HostConfig).not.toHaveProperty('DeviceRequests');
    expect(Cmd).toEqual(expect.arrayContaining(['--model-control-mode=explicit', '--exit-on-error=false']));
  });
});

describe.skipIf(process.platform === 'win32')('tarDirectory', () => {
  it('is read by the tar program: long names, empty and odd-sized files, other letters', async () => {
    await using folder = await TempFolder.create();
    const deep = `models/m/1/${'d'.repeat(90)}/${'e'.repeat(90)}`;
    await mkdir(folder.path(deep), { recursive: true });
    const files: Record<string, Buffer> = {
      'models/m/config.pbtxt': Buffer.from('backend: "python"'),
      'models/m/1/empty': Buffer.alloc(0),
      'models/m/1/block': Buffer.alloc(512, 7),
      [`models/m/1/größe-${'ü'.repeat(60)}`]: Buffer.alloc(1_000_001, 9),
      [`${deep}/file`]: Buffer.from('x'),
    };
    for (const [name, content] of Object.entries(files)) await writeFile(folder.path(name), content);
    await pipeline(tarDirectory(folder.path('models'), 'there'), createWriteStream(folder.path('a.tar')));
    await mkdir(folder.path('out'));
    execFileSync('tar', ['-xf', folder.path('a.tar'), '-C', folder.path('out')]);
    for (const [name, content] of Object.entries(files)) {
      const read = await readFile(folder.path('out', name.replace(/^models/, 'there')));
      expect(read.equals(content), name).toBe(true);
    }
  });
});
