import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import {
  collectionOfConfig,
  collectionOfDeployment,
  collectionVariables,
} from '../../../src/azureml/data-collection.ts';

it('is enabled by a v1 configuration', async () => {
  const variables = (config: object) => collectionVariables(collectionOfConfig({ ...config }), '/nowhere');
  expect(await variables({ dataCollection: { storageEnabled: true } })).toEqual({
    AML_MODEL_DC_STORAGE_ENABLED: 'true',
  });
  expect(await variables({ dataCollection: { storageEnabled: false } })).toEqual({});
  expect(await variables({})).toEqual({});
});

it('is switched on for the collections of a v2 deployment, with their share of requests', async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'collection-'));
  try {
    const collection = collectionOfDeployment({
      data_collector: {
        sampling_rate: 0.5,
        collections: {
          model_inputs: { enabled: 'True' },
          model_outputs: { enabled: true, sampling_rate: 0.1 },
          request: { enabled: 'False' },
        },
      },
    });
    const { AZUREML_MDC_CONFIG_PATH: file = '' } = await collectionVariables(collection, directory);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
      runMode: 'local',
      collections: {
        model_inputs: { enabled: true, sampleRatePercentage: 50 },
        model_outputs: { enabled: true, sampleRatePercentage: 10 },
      },
    });
  } finally {
    await rm(directory, { recursive: true });
  }
});

it.each([[{}], [{ data_collector: {} }], [{ data_collector: { collections: { a: { enabled: 'False' } } } }]])(
  'is off for %j',
  (deployment) => {
    expect(collectionOfDeployment(deployment)).toBeUndefined();
  },
);
