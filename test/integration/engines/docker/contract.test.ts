import { describe, test } from 'vitest';
import { DockerEngine, FrontedEngine } from '../../../../src/engines/index.ts';
import { gateway, pythonModels } from '../../../contract/contract-models.ts';
import { describeEngine } from '../../../contract/engine.contract.ts';
import { environment, hasDocker, ownContainers, testImage } from '../../../helpers/docker.ts';

if (hasDocker) {
  const image = await testImage();
  describeEngine({
    name: 'docker',
    models: pythonModels,
    make: ({ repository, workDirectory, events }) =>
      new FrontedEngine(
        new DockerEngine({
          repository,
          image,
          gpus: 'none',
          missingImage: 'fail',
          environment,
          project: workDirectory,
          events,
        }),
        { ...gateway, events },
      ),
    leftovers: async (workDirectory) => (await ownContainers(workDirectory)).map((id) => `container ${id}`),
  });
} else {
  describe('the docker engine', () => {
    test.skip('needs a Docker daemon', () => undefined);
  });
}
