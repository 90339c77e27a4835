import {
  deleteModel,
  frameworkOf,
  modelTypeOf,
  parseModelVersion,
  putModelVersion,
} from '../../azureml/index.ts';
import { ownValue } from '../../base/index.ts';
import { type AzureWorkspace, idOf, type ModelRecord, type NewModel } from '../../workspace/index.ts';
import { ArmError } from '../arm-error.ts';
import type { Blobs } from '../blob/blobs.ts';
import {
  type AssetProperties,
  flagProperty,
  labelsProperty,
  otherProperties,
  textProperty,
} from './asset-request.ts';
import { datastoreUri, isSameUri } from './asset-uri.ts';
import { uploadAt } from './uploads.ts';
import type { VersionedAsset } from './versioned-routes.ts';

const READ = ['description', 'tags', 'properties', 'modelType', 'modelUri', 'isAnonymous', 'isArchived'];
const MODEL_TYPES = ['triton_model', 'custom_model', 'mlflow_model'];

/** Models, the same as those of `az ml model`. */
export function models(workspace: AzureWorkspace, blobs: Blobs): VersionedAsset<ModelRecord> {
  return {
    kind: 'models',
    noun: 'model',
    records: (state) => state.models,
    lastVersion: ({ lastVersions }, name) => ownValue(lastVersions, name) ?? 0,
    describe: (model, params) => ({
      flavors: {},
      ...model.otherProperties,
      description: model.description,
      tags: model.tags,
      properties: model.properties,
      modelType: modelTypeOf(model.framework),
      modelUri: datastoreUri(params, model),
    }),
    async put(params, properties, before) {
      const uri = textProperty(properties, 'modelUri') ?? (before && datastoreUri(params, before));
      if (uri === undefined)
        throw new ArmError(
          400,
          'ValidationError',
          'properties.modelUri is missing: it says where the files are.',
        );
      const isUnchanged = before && isSameUri(uri, datastoreUri(params, before));
      const upload = isUnchanged ? undefined : await uploadAt(blobs, uri, 'modelUri');
      const model = newModel(params.name, properties);
      return putModelVersion(workspace, model, parseModelVersion(params.version), upload);
    },
    remove: (model) => deleteModel(workspace, idOf(model)),
  };
}

function newModel(name: string, properties: AssetProperties): NewModel {
  const type = textProperty(properties, 'modelType');
  if (type !== undefined && !MODEL_TYPES.includes(type)) {
    const types = MODEL_TYPES.join(', ');
    throw new ArmError(400, 'ValidationError', `properties.modelType is one of ${types}, not ${type}.`);
  }
  return {
    name,
    description: textProperty(properties, 'description') ?? null,
    framework: frameworkOf(type),
    frameworkVersion: null,
    tags: labelsProperty(properties, 'tags'),
    properties: labelsProperty(properties, 'properties'),
    runId: null,
    experimentName: null,
    sampleInputDatasetId: null,
    sampleOutputDatasetId: null,
    resourceConfiguration: null,
    isAnonymous: flagProperty(properties, 'isAnonymous'),
    isArchived: flagProperty(properties, 'isArchived'),
    otherProperties: otherProperties(properties, READ),
  };
}
