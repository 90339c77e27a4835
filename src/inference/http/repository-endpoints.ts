import type { ServerResponse } from 'node:http';
import {
  asBoolean,
  asString,
  internal,
  isObject,
  type JsonObject,
  type JsonValue,
  readJson,
} from '../../kserve/index.ts';
import { LoadError } from '../load-error.ts';
import { type RepositoryApi, refuseRepositoryName } from '../repository-api.ts';
import { answerEmpty, answerError, answerJson } from './answer.ts';
import type { Route } from './route.ts';
import { modelName } from './target.ts';

export async function repositoryIndex(
  repository: RepositoryApi,
  body: Buffer,
  response: ServerResponse,
): Promise<void> {
  const ready = readObject(body)?.get('ready');
  answerJson(response, await repository.index(ready !== undefined && asBoolean(ready, '')));
}

export async function loadModel(
  repository: RepositoryApi,
  route: Route,
  body: Buffer,
  response: ServerResponse,
): Promise<void> {
  const parameters = readParameters(body);
  refuseRepositoryName(route.scope);
  const values = new Map<string, string>();
  for (const [key, value] of parameters ?? []) {
    const text = asString(value, '');
    if (key !== 'config' && !key.startsWith('file:'))
      throw internal('unexpected error on creating Triton parameter');
    values.set(key, text);
  }
  try {
    await repository.load(modelName(route), values);
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
    answerError(response, error.status, error.message);
    return;
  }
  answerEmpty(response, 200, 'application/json');
}

/** Faults in the body are ignored, as in Triton; without ensembles, `unload_dependents` has no effect. */
export async function unloadModel(
  repository: RepositoryApi,
  route: Route,
  response: ServerResponse,
): Promise<void> {
  refuseRepositoryName(route.scope);
  await repository.unload(modelName(route));
  answerEmpty(response, 200, 'application/json');
}

/** The object in a body; undefined for an empty body. */
function readObject(body: Buffer): JsonObject | undefined {
  if (body.length === 0) return undefined;
  const value = readJson(body.toString('latin1'));
  return isObject(value) ? value : undefined;
}

function readParameters(body: Buffer): ReadonlyMap<string, JsonValue> | undefined {
  const parameters = readObject(body)?.get('parameters');
  if (parameters === undefined) return undefined;
  if (!isObject(parameters)) throw internal('attempt to get members for non-object');
  return parameters;
}
