import type { ServerResponse } from 'node:http';
import type { ModelControlMode } from '../../config/index.ts';
import {
  asBoolean,
  asString,
  internal,
  invalidArgument,
  isObject,
  type JsonObject,
  type JsonValue,
  readJson,
  unavailable,
  unsupported,
} from '../../kserve/index.ts';
import { LoadError } from '../load-error.ts';
import { withOverride } from '../load-override.ts';
import type { ModelControl } from '../model-control.ts';
import { answerEmpty, answerError, answerJson } from './answer.ts';
import type { Route } from './route.ts';
import { modelName } from './target.ts';

export async function repositoryIndex(
  control: ModelControl,
  body: Buffer,
  response: ServerResponse,
): Promise<void> {
  const ready = readObject(body)?.get('ready');
  answerJson(response, await control.index(ready !== undefined && asBoolean(ready, '')));
}

export async function loadModel(
  control: ModelControl,
  mode: ModelControlMode,
  route: Route,
  body: Buffer,
  response: ServerResponse,
): Promise<void> {
  const parameters = readParameters(body);
  if (route.scope !== '') throw unsupported("'repository_name' specification is not supported");
  const values = new Map<string, string>();
  for (const [key, value] of parameters ?? []) {
    const text = asString(value, '');
    if (key !== 'config' && !key.startsWith('file:'))
      throw internal('unexpected error on creating Triton parameter');
    values.set(key, text);
  }
  refuseControl(mode);
  const name = checkName(modelName(route));
  try {
    await withOverride(name, values, (override) => control.loadForClient(name, override));
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
    answerError(response, error.status, error.message);
    return;
  }
  answerEmpty(response, 200, 'application/json');
}

/** Faults in the body are ignored, as in Triton; without ensembles, `unload_dependents` has no effect. */
export async function unloadModel(
  control: ModelControl,
  mode: ModelControlMode,
  route: Route,
  response: ServerResponse,
): Promise<void> {
  if (route.scope !== '') throw unsupported("'repository_name' specification is not supported");
  refuseControl(mode);
  await control.unloadForClient(modelName(route));
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

function refuseControl(mode: ModelControlMode): void {
  if (mode !== 'explicit')
    throw unavailable('explicit model load / unload is not allowed if polling is enabled');
}

function checkName(name: string): string {
  if (name.trim() === '')
    throw invalidArgument('Model name cannot be empty. Please enter a valid name to deploy.');
  if (/\.\.|[/\\\0]/.test(name) || name === '.')
    throw invalidArgument(
      `invalid model name '${name}', model name must not contain path traversal characters`,
    );
  return name;
}
