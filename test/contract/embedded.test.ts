import { EmbeddedEngine } from '../../src/engines/index.ts';
import { modelPython } from '../helpers/python.ts';
import { repositoryRoot } from '../helpers/temp-project.ts';
import { onnxModels } from './contract-models.ts';
import { describeEngine } from './engine.contract.ts';

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
      python: modelPython,
      events,
    }),
  leftovers: async () => [],
});
