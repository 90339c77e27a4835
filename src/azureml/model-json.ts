import { idOf, type JsonObject, type ModelRecord } from '../workspace/index.ts';

/** A model as az prints it, with the members of azureml-core's `Model.serialize()`. */
export function modelJson(model: ModelRecord): JsonObject {
  const id = idOf(model);
  return {
    createdTime: model.createdTime,
    createdBy: null,
    description: model.description,
    id,
    mimeType: 'application/x-python',
    name: model.name,
    framework: model.framework,
    frameworkVersion: model.frameworkVersion,
    tags: model.tags,
    properties: model.properties,
    unpack: false,
    url: `aml://asset/${model.content.slice(0, 32)}`,
    version: model.version,
    experimentName: model.experimentName,
    runId: model.runId,
    runDetails: null,
    datasets: [],
    resourceConfiguration: model.resourceConfiguration,
    sampleInputDatasetId: model.sampleInputDatasetId,
    sampleOutputDatasetId: model.sampleOutputDatasetId,
  };
}
