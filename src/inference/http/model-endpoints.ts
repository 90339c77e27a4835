import type { ServerResponse } from 'node:http';
import { messageOf } from '../../base/index.ts';
import { KServeError } from '../../kserve/index.ts';
import { modelConfigJson } from '../../repository/index.ts';
import { describeModel, modelStatistics } from '../model-information.ts';
import type { ModelTable } from '../model-table.ts';
import { answerEmpty, answerError, answerJson } from './answer.ts';
import type { Route } from './route.ts';
import { modelName, modelVersion } from './target.ts';

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
  answerJson(response, describeModel(models, modelName(route), modelVersion(route)));
}

export function modelConfig(models: ModelTable, route: Route, response: ServerResponse): void {
  answerJson(response, modelConfigJson(models.find(modelName(route), modelVersion(route)).config));
}

export function answerModelStatistics(models: ModelTable, route: Route, response: ServerResponse): void {
  answerJson(response, { model_stats: modelStatistics(models, modelName(route), modelVersion(route)) });
}
