// Models that take as long as they are told: Python on the peer, a backend of the tests below our own scheduler and listener.
import { setTimeout as sleep } from 'node:timers/promises';
import { Lifetime } from '../../../../src/base/index.ts';
import { EventBus } from '../../../../src/events/index.ts';
import type { Backend, BackendModel } from '../../../../src/inference/backends/backend.ts';
import { type Execution, tensorInstance } from '../../../../src/inference/backends/tensor-instance.ts';
import { HttpListener } from '../../../../src/inference/http/http-listener.ts';
import { InferenceService } from '../../../../src/inference/inference-service.ts';
import { LogSettings } from '../../../../src/inference/log-settings.ts';
import { ModelMetrics } from '../../../../src/inference/metrics/model-metrics.ts';
import { ModelControl } from '../../../../src/inference/model-control.ts';
import { ModelTable } from '../../../../src/inference/model-table.ts';
import { batchLayoutOf } from '../../../../src/inference/scheduling/batch-layout.ts';
import { readTritonArguments } from '../../../../src/inference/triton-arguments.ts';
import { internal } from '../../../../src/kserve/index.ts';
import { listModelDirectories } from '../../../../src/repository/index.ts';
import type { PeerModel } from './models.ts';
import type { OurServer } from './pair.ts';

/** Sleeps as many milliseconds as the largest number of INPUT0 says and gives it back; fails where that is negative. */
export function sleepingModel(name: string, scheduling: string): PeerModel {
  const tensor = (kind: string, tensorName: string) =>
    `${kind} { name: "${tensorName}" data_type: TYPE_INT32 dims: [ -1 ] }\n`;
  return {
    name,
    config: `${tensor('input', 'INPUT0')}${tensor('output', 'OUTPUT0')}${scheduling}`,
    versions: {
      '1': {
        onnx: new Uint8Array(),
        python:
          '{"OUTPUT0": given["INPUT0"]}\n            __import__("time").sleep(given["INPUT0"].max() / 1000)',
      },
    },
  };
}

async function run({ inputs }: Execution) {
  const [input] = inputs;
  if (!input) throw internal('no input');
  const numbers = new Int32Array(new Uint8Array(input.data).buffer);
  const milliseconds = Math.max(...numbers);
  if (milliseconds < 0) throw internal('sleep length must be non-negative');
  await sleep(milliseconds);
  const outputs = [{ ...input, name: 'OUTPUT0' }];
  return { outputs, computeInputNs: 1, computeInferNs: 1, computeOutputNs: 1 };
}

const SLEEPING: Backend = {
  async load({ config }): Promise<BackendModel> {
    const count = config.instance_group.reduce((sum, group) => sum + group.count, 0);
    const layout = batchLayoutOf(config);
    const instances = Array.from({ length: count }, () => tensorInstance(layout, run));
    return { config, instances, async [Symbol.asyncDispose]() {} };
  },
  async [Symbol.asyncDispose]() {},
};

/** Our server, with models that sleep in place of ONNX Runtime. */
export async function startSleepingServer(repository: string): Promise<OurServer> {
  const lifetime = new Lifetime();
  const models = new ModelTable();
  const backends = new Map([['onnxruntime', SLEEPING]]);
  const metrics = new ModelMetrics({ counters: true, quantiles: undefined });
  const control = lifetime.use(
    'models',
    new ModelControl(models, repository, backends, new EventBus(), { metrics }),
  );
  for (const name of await listModelDirectories(repository)) await control.load(name);
  const settings = readTritonArguments([]);
  const service = new InferenceService({
    models,
    control,
    modelControlMode: 'explicit',
    version: '2.51.0',
    settings,
    logSettings: new LogSettings(settings.log),
  });
  lifetime.defer('shared memory', () => service[Symbol.dispose]());
  const listener = lifetime.use('http', new HttpListener(service, { host: '127.0.0.1', port: 0 }));
  const port = await listener.listen();
  return {
    httpUrl: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => lifetime[Symbol.asyncDispose](),
  };
}
