import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EmulatorEvent, EventBus } from '../../../src/events/index.ts';
import type { Backend, ModelInstance } from '../../../src/inference/backends/backend.ts';
import { ModelMetrics } from '../../../src/inference/metrics/model-metrics.ts';
import { ModelControl } from '../../../src/inference/model-control.ts';
import { ModelTable } from '../../../src/inference/model-table.ts';
import { parseModelConfigText } from '../../../src/repository/index.ts';
import { inferRequest } from '../../helpers/infer-request.ts';

describe('loads and unloads at the same time', () => {
  let repository: string;
  let opened = 0;
  let release: (() => void) | undefined;
  const events = new EventBus();
  const seen: EmulatorEvent[] = [];
  events.subscribe((event) => seen.push(event));
  const instance: ModelInstance = {
    execute: () =>
      new Promise((resolve) => {
        release = () =>
          resolve({
            outcomes: [{ outputs: [], parameters: undefined }],
            computeInputNs: 1,
            computeInferNs: 1,
            computeOutputNs: 1,
          });
      }),
  };
  const backend: Backend = {
    async load({ config }) {
      opened += 1;
      const close = async () => {
        opened -= 1;
      };
      return { config, instances: [instance], [Symbol.asyncDispose]: close };
    },
    async [Symbol.asyncDispose]() {},
  };
  const start = () => {
    const table = new ModelTable();
    return {
      table,
      control: new ModelControl(table, repository, new Map([['onnxruntime', backend]]), events, {
        metrics: new ModelMetrics({ counters: true, quantiles: undefined }),
      }),
    };
  };
  const writeModel = (name: string) => {
    mkdirSync(path.join(repository, name, '1'), { recursive: true });
    writeFileSync(path.join(repository, name, '1', 'model.onnx'), '');
    writeFileSync(path.join(repository, name, 'config.pbtxt'), 'backend: "onnxruntime"');
  };

  beforeEach(() => {
    opened = 0;
    seen.length = 0;
    repository = mkdtempSync(path.join(tmpdir(), 'triton-local-control-'));
  });
  afterEach(() => rmSync(repository, { recursive: true, force: true }));

  it('a failed load of a client does not take away what a load behind it brings up', async () => {
    const { table, control } = start();
    writeModel('m');
    const config = parseModelConfigText('name: "another"', 'config.pbtxt');
    const failing = control.loadForClient('m', { config, repository: undefined });
    const ours = control.load('m');
    await expect(failing).rejects.toThrow("failed to load 'm', failed to poll from model repository");
    await ours;
    expect(table.find('m', undefined).version).toBe('1');
    await control[Symbol.asyncDispose]();
    expect(opened).toBe(0);
  });

  it('a load behind a removal stays in the table, and forgotten models leave nothing behind', async () => {
    const { table, control } = start();
    writeModel('m');
    await control.load('m');
    rmSync(path.join(repository, 'm'), { recursive: true });
    const removed = control.remove('m');
    const reloaded = control.load('m').catch(() => undefined);
    await removed;
    await reloaded;
    writeModel('m');
    await control.load('m');
    expect(table.find('m', undefined).version).toBe('1');
    await control[Symbol.asyncDispose]();
    expect(opened).toBe(0);
    expect(await control.unload('nothing')).toBeUndefined();
    expect(table.names()).toEqual(['m']);
  });

  it('a version that is loaded again while its last requests run is not announced as unloaded', async () => {
    const { table, control } = start();
    writeModel('m');
    await control.load('m');
    const { scheduler } = table.find('m', undefined);
    const scheduled = { request: inferRequest(), inputs: [], batchSize: 1, shapeKey: '' };
    const request = { ...scheduled, onResponse: undefined, onExecuted: undefined };
    const answered = scheduler.schedule(request, undefined);
    await expect.poll(() => release).toBeDefined();
    await control.unload('m');
    await control.load('m');
    release?.();
    await answered;
    await expect.poll(() => opened).toBe(1);
    const states = seen.flatMap((event) => (event.type === 'model.state' ? [event.state] : []));
    expect(states).toEqual(['LOADING', 'READY', 'UNLOADING', 'LOADING', 'READY']);
    await control[Symbol.asyncDispose]();
  });
});
