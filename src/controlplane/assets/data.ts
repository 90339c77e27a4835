import { checkAssetName } from '../../azureml/index.ts';
import type { AzureWorkspace, DataRecord } from '../../workspace/index.ts';
import { flagProperty, otherProperties } from './asset-request.ts';
import { highestVersion, type VersionedAsset } from './versioned-routes.ts';

const READ = ['isAnonymous', 'isArchived'];

/** Data assets, which the SDK makes for what a deployment collects. They are kept as received. */
export function dataAssets(workspace: AzureWorkspace): VersionedAsset<DataRecord> {
  return {
    kind: 'data',
    noun: 'data asset',
    records: (state) => state.data,
    lastVersion: (state, name) => highestVersion(state.data, name),
    describe: ({ otherProperties: received = {} }) => received,
    async put({ name, version }, properties, before) {
      checkAssetName('data name', name);
      checkAssetName('version', version);
      const now = new Date().toISOString();
      const record: DataRecord = {
        name,
        version,
        createdTime: before?.createdTime ?? now,
        lastModifiedTime: now,
        isAnonymous: flagProperty(properties, 'isAnonymous'),
        isArchived: flagProperty(properties, 'isArchived'),
        otherProperties: otherProperties(properties, READ),
      };
      await workspace.putData(record);
      return record;
    },
    remove: ({ name, version }) => workspace.removeVersion('data', name, version),
  };
}
