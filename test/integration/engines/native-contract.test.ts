import { readdir } from 'node:fs/promises';
import { describe, test } from 'vitest';
import { type Engine, ExternalEngine, FrontedEngine, NativeEngine } from '../../../src/engines/index.ts';
import { gateway, onnxModels, pythonModels } from '../../contract/contract-models.ts';
import { type ContractModels, type ContractSubject, describeEngine } from '../../contract/engine.contract.ts';
import { processesWithHome } from '../../helpers/leftovers.ts';
import { realTriton, skipLoudly, tritonWithoutOnnxRuntime } from '../../helpers/triton.ts';

if (realTriton === undefined) {
  skipLoudly('the contract of the native engine');
  describe('the native engine', () => {
    test.skip('needs a real tritonserver', () => undefined);
  });
} else {
  type Facts = Parameters<ContractSubject['make']>[0];
  const program = realTriton;
  const run = (workDirectory: string) => ({ ...process.env, TRITON_LOCAL_HOME: workDirectory });
  const leftovers = async (workDirectory: string) => {
    const processes = await processesWithHome(workDirectory);
    const regions = (await readdir('/dev/shm').catch(() => [])).filter((file) =>
      file.startsWith(`triton-local-${process.pid}-`),
    );
    return [...processes.map((pid) => `process ${pid}`), ...regions];
  };
  const nativeEngine = (models: ContractModels, name: string) =>
    describeEngine({
      name,
      models,
      make: ({ repository, workDirectory, events }) => {
        const environment = run(workDirectory) as Record<string, string>;
        return new FrontedEngine(
          new NativeEngine({ program, repository, workDirectory, environment, events }),
          { ...gateway, events },
        );
      },
      leftovers,
    });
  /** A server that is not ours, on the same repository; we never load anything there, so its owner does. */
  const remoteTriton = ({ repository, workDirectory, events }: Facts): Engine => ({
    kind: 'external',
    start: async (signal) => {
      const environment = run(workDirectory) as Record<string, string>;
      const quiet = { emit: () => undefined };
      const plain = await tritonWithoutOnnxRuntime(program, `${workDirectory}-triton`);
      const native = { program: plain, repository, workDirectory, environment, events: quiet };
      const remote = await new NativeEngine(native).start(signal);
      const { http: url, grpc: grpcUrl, metrics } = remote.endpoints;
      const external = new ExternalEngine({
        url,
        grpcUrl,
        metricsUrl: `http://${metrics}/metrics`,
        headers: {},
        hasLocalModels: true,
        events,
      });
      const running = await new FrontedEngine(external, { ...gateway, events }).start(signal);
      const dispose = running[Symbol.asyncDispose].bind(running);
      const byItsOwner = (change: 'load' | 'unload') => async (model: string) => {
        try {
          await remote[change](model);
        } finally {
          await running.refresh?.();
        }
      };
      return Object.assign(running, {
        load: byItsOwner('load'),
        unload: byItsOwner('unload'),
        [Symbol.asyncDispose]: async () => {
          await dispose();
          await remote[Symbol.asyncDispose]();
        },
      });
    },
  });
  describeEngine({
    name: 'external',
    models: pythonModels,
    make: remoteTriton,
    leftovers,
    healthAfterRemoval: 400,
  });
  nativeEngine(pythonModels, 'native');
  nativeEngine(onnxModels, 'native, with ONNX models,');
}
