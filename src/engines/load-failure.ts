import path from 'node:path';
import {
  isInside,
  messageOf,
  type SourceLocation,
  systemError,
  TritonLocalError,
  userError,
} from '../base/index.ts';
import { locateConfigError, ModelConfigError, readModelDefinition } from '../repository/index.ts';
import type { ModelBoard } from './model-board.ts';
import { type IndexEntry, TritonRefusal } from './triton-client.ts';

/** Triton's refusal of a model as an error with a place: a line of `config.pbtxt`, or of the model's Python code. */
export async function loadFailure(
  thrown: unknown,
  model: string,
  repository: string,
  board: ModelBoard,
): Promise<TritonLocalError> {
  if (thrown instanceof TritonLocalError) {
    return systemError('MODEL_LOAD_FAILED', thrown.message, { ...placeOf(thrown), cause: thrown });
  }
  if (!(thrown instanceof TritonRefusal)) {
    return systemError(
      'MODEL_LOAD_FAILED',
      `tritonserver did not answer the load of '${model}': ${messageOf(thrown)}`,
      {
        cause: thrown,
      },
    );
  }
  const { message } = thrown;
  if (/failed to poll from model repository/.test(message)) {
    // The answer says no more; our own reading of the configuration knows the line.
    const fault = await configFault(repository, model);
    if (fault) {
      board.refuse(model, fault.message);
      return userError('MODEL_LOAD_FAILED', fault.message, { ...placeOf(fault), cause: thrown });
    }
    const told = board.models.find((it) => it.name === model && it.version === '')?.reason;
    return userError('MODEL_LOAD_FAILED', told ?? message, { cause: thrown });
  }
  const reason = nameMissingBackend(message.replace(/[\s;]+$/, ''));
  const location =
    pythonLocation(message, path.join(repository, model)) ??
    (await tensorLocation(message, repository, model));
  return userError('MODEL_LOAD_FAILED', reason, { ...(location && { location }), cause: thrown });
}

/**
 * Why a model that the index names UNAVAILABLE was not loaded. Our own reading of its folder knows the line of a faulty
 * `config.pbtxt`; else the reason may name a line of Python. Undefined where the model is not UNAVAILABLE.
 */
export async function explainLoadFailure(
  model: string,
  repository: string,
  board: ModelBoard,
): Promise<TritonLocalError | undefined> {
  const failed = board.models.find(({ name, state }) => name === model && state === 'UNAVAILABLE');
  if (!failed) return undefined;
  const fault = await configFault(repository, model);
  if (fault) return userError('MODEL_LOAD_FAILED', fault.message, { ...placeOf(fault), cause: fault });
  const location =
    pythonLocation(failed.reason, path.join(repository, model), failed.version) ??
    (await tensorLocation(failed.reason, repository, model));
  return userError('MODEL_LOAD_FAILED', failed.reason.trim(), { ...(location && { location }) });
}

/** An entry of the index with a reason that names our staged files and what serves a model whose backend is missing. */
export function withPlainReason(
  entry: IndexEntry,
  served: { plain(text: string): string } | undefined,
): IndexEntry {
  if (entry.reason === undefined) return entry;
  return { ...entry, reason: nameMissingBackend(served?.plain(entry.reason) ?? entry.reason) };
}

/** Adds to Triton's reason what serves a model whose backend this `tritonserver` lacks. */
function nameMissingBackend(reason: string): string {
  const backend = /unable to find backend library for backend '([^']+)'/.exec(reason)?.[1];
  if (backend === undefined) return reason;
  const other = backend === 'onnxruntime' ? '--engine embedded or docker' : '--engine docker';
  return `${reason} (this tritonserver has no ${backend} backend: ${other} serves the model)`;
}

/**
 * The index knows a model that could not be read, or has no version, by name alone; the reason stands in the log only
 * (docs/reference/triton.md#log-lines).
 */
export function notePollFailure(text: string, board: ModelBoard): void {
  const [, model, reason] =
    /^(?:Poll failed for model directory|failed to load model) '([^']*)': ([\s\S]*)$/.exec(text) ?? [];
  if (model !== undefined && reason !== undefined) board.refuse(model, reason);
}

/** Gives a reason to models that the index knows by name alone, where our own reading of their folder finds one. */
export async function explainUnread(
  index: readonly IndexEntry[],
  repository: string,
  board: ModelBoard,
): Promise<void> {
  for (const { name, state } of index) {
    const fault = state === undefined ? await configFault(repository, name) : undefined;
    if (fault) board.refuse(name, fault.message);
  }
}

async function configFault(repository: string, model: string): Promise<TritonLocalError | undefined> {
  try {
    await readModelDefinition(repository, model);
    return undefined;
  } catch (error) {
    return error as TritonLocalError;
  }
}

/** The line of `config.pbtxt` with the input or output that a backend's reason names. */
async function tensorLocation(
  reason: string,
  repository: string,
  model: string,
): Promise<SourceLocation | undefined> {
  const [, name] = /\b(?:tensor|input|output) '([^']+)'/.exec(reason) ?? [];
  const definition = await readModelDefinition(repository, model).catch(() => undefined);
  if (name === undefined || definition?.configFile === undefined) return undefined;
  for (const field of ['input', 'output'] as const) {
    const index = definition.config[field].findIndex((tensor) => tensor.name === name);
    if (index < 0) continue;
    const fault = new ModelConfigError('MODEL_CONFIG_INVALID', reason, { field: [field, index, 'name'] });
    const located = await locateConfigError(fault, definition.configFile);
    return located instanceof ModelConfigError ? located.location : undefined;
  }
  return undefined;
}

function placeOf({ location, hint }: TritonLocalError) {
  return { ...(location && { location }), ...(hint !== undefined && { hint }) };
}

/**
 * The stub's traceback has lines such as `  /repository/M/1/model.py(4): initialize`, innermost first; an error of
 * syntax says `(model.py, line 4)`, of a file in a version's folder.
 */
function pythonLocation(
  message: string,
  directory: string,
  knownVersion?: string,
): SourceLocation | undefined {
  for (const [, file = '', line] of message.matchAll(/^\s*(\S.*?\.py)\((\d+)\)/gm)) {
    const full = path.resolve(file);
    if (isInside(directory, full)) return { file: full, line: Number(line) };
  }
  const version = knownVersion || /: version (\d+) /.exec(message)?.[1];
  const [, file, line] = /\(([^/()\s]+\.py), line (\d+)\)/.exec(message) ?? [];
  if (version === undefined || file === undefined) return undefined;
  return { file: path.join(directory, version, file), line: Number(line) };
}
