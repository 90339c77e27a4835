import { readdir } from 'node:fs/promises';
import { describe, test } from 'vitest';
import { EmbeddedEngine, FrontedEngine, NativeEngine } from '../../src/engines/index.ts';
import { processesWithHome } from '../helpers/leftovers.ts';
import { repositoryRoot } from '../helpers/temp-project.ts';
import { realTriton, skipLoudly } from '../helpers/triton.ts';
import { gateway, onnxModels, pythonModels } from './contract-models.ts';
import { type ContractModels, describeEngine } from './engine.contract.ts';

describeEngine({
  name: 'embedded',
  models: onnxModels,
  make: ({ repository, events }) =>
    new EmbeddedEngine({
      repository,
      host: '127.0.0.1',
      httpPort: 0,
      modelControlMode: 'none',
      runtimePaths: [repositoryRoot],
      events,
    }),
  leftovers: async () => [],
});

if (realTriton === undefined) {
  skipLoudly('the contract of the native engine');
  describe('the native engine', () => {
    test.skip('needs a real tritonserver', () => undefined);
  });
} else {
  const program = realTriton;
  const run = (workDirectory: string) => ({ ...process.env, TRITON_LOCAL_HOME: workDirectory });
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
      leftovers: async (workDirectory) => {
        const processes = await processesWithHome(workDirectory);
        const regions = (await readdir('/dev/shm').catch(() => [])).filter((file) =>
          file.startsWith(`triton-local-${process.pid}-`),
        );
        return [...processes.map((pid) => `process ${pid}`), ...regions];
      },
    });
  nativeEngine(pythonModels, 'native');
  nativeEngine(onnxModels, 'native, with ONNX models,');
}
