import { readdir } from 'node:fs/promises';
import { describe, test } from 'vitest';
import { FrontedEngine, NativeEngine } from '../../../src/engines/index.ts';
import { gateway, onnxModels, pythonModels } from '../../contract/contract-models.ts';
import { type ContractModels, describeEngine } from '../../contract/engine.contract.ts';
import { processesWithHome } from '../../helpers/leftovers.ts';
import { realTriton, skipLoudly } from '../../helpers/triton.ts';

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
