import { EmbeddedEngine } from '../../src/engines/index.ts';
import { modelPython } from '../helpers/python.ts';
import { repositoryRoot } from '../helpers/temp-project.ts';
import { onnxModels, pythonModels } from './contract-models.ts';
import { describeEngine } from './engine.contract.ts';

for (const [kind, models] of [
  ['ONNX', onnxModels],
  ['Python', pythonModels],
] as const)
  describeEngine({
    name: `embedded (${kind} models)`,
    models,
    make: ({ repository, events }) =>
      new EmbeddedEngine({
        repository,
        host: '127.0.0.1',
        httpPort: 0,
        grpc: { port: 0, isChosen: true },
        metrics: { port: 0, isChosen: true },
        modelControlMode: 'none',
        runtimePaths: [repositoryRoot],
        python: modelPython,
        events,
      }),
    leftovers: async () => [],
  });
