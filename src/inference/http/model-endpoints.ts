import type { ServerResponse } from 'node:http';
import { messageOf } from '../../base/index.ts';
import { datatypeOfConfig, invalidArgument, KServeError, type ModelMetadata } from '../../kserve/index.ts';
import { modelConfigJson } from '../../repository/index.ts';
import type { LoadedVersion } from '../loaded-version.ts';
import type { ModelTable } from '../model-table.ts';
import { answerEmpty, answerError, answerJson } from './answer.ts';
import type { Route } from './route.ts';
import { modelName, modelVersion } from './target.ts';

/** Triton's extensions in its order, including those that we only answer as not available. */
const EXTENSIONS = [
  'classification',
  'sequence',
  'model_repository',
  'model_repository(unload_dependents)',
  'schedule_policy',
  'model_configuration',
  'system_shared_memory',
  'cuda_shared_memory',
  'binary_tensor_data',
  'parameters',
  'statistics',
  'trace',
  'logging',
];

export function serverMetadata(response: ServerResponse, version: string): void {
  answerJson(response, { name: 'triton', version, extensions: EXTENSIONS });
}

export function modelReady(models: ModelTable, route: Route, response: ServerResponse): void {
  try {
    models.find(modelName(route), modelVersion(route));
  } catch (error) {
    const isLookup = error instanceof KServeError && error.code !== 'Invalid argument';
    answerError(response, 400, isLookup ? 'Model version not ready' : messageOf(error), 'text/plain');
    return;
  }
  answerEmpty(response, 200);
}

export function modelMetadata(models: ModelTable, route: Route, response: ServerResponse): void {
  const name = modelName(route);
  const model = models.find(name, modelVersion(route));
  const versions = route.version === undefined ? models.readyVersions(name) : [model];
  answerJson(response, describe(name, model, versions));
}

function describe(name: string, model: LoadedVersion, versions: readonly LoadedVersion[]): ModelMetadata {
  const { config } = model;
  const batch = config.max_batch_size > 0 ? [-1] : [];
  const tensor = ({
    name,
    data_type,
    dims,
  }: {
    name: string;
    data_type: string;
    dims: readonly number[];
  }) => ({
    name,
    datatype: datatypeOfConfig(data_type) ?? '<invalid>',
    shape: [...batch, ...dims],
  });
  return {
    name,
    versions: versions.map(({ version }) => version),
    platform: model.platform,
    inputs: config.input.map(tensor),
    outputs: config.output.map(tensor),
  };
}

export function modelConfig(models: ModelTable, route: Route, response: ServerResponse): void {
  answerJson(response, modelConfigJson(models.find(modelName(route), modelVersion(route)).config));
}

export function modelStatistics(models: ModelTable, route: Route, response: ServerResponse): void {
  const name = modelName(route);
  const version = modelVersion(route);
  const ready = models.readyVersions(name);
  if (ready.length === 0) throw invalidArgument(`requested model '${name}' is not available`);
  const found = version === undefined ? ready : ready.filter((loaded) => loaded.version === version);
  if (found.length === 0)
    throw invalidArgument(`requested model version is not available for model '${name}'`);
  answerStatistics(response, name, found);
}

export function allStatistics(models: ModelTable, response: ServerResponse): void {
  const reports = models
    .names()
    .flatMap((name) =>
      models.readyVersions(name).map(({ statistics, version }) => statistics.report(name, version)),
    );
  answerJson(response, { model_stats: reports });
}

function answerStatistics(response: ServerResponse, name: string, versions: readonly LoadedVersion[]): void {
  answerJson(response, {
    model_stats: versions.map(({ statistics, version }) => statistics.report(name, version)),
  });
}
