import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { hasErrno, isInside, messageOf } from '../base/index.ts';
import { parseModelConfigJson } from '../repository/index.ts';
import { LoadError } from './load-error.ts';
import type { LoadOverride } from './model-control.ts';

const FILE_PREFIX = 'file:';

/** The parameters of a load: texts, of which a file's is base64, or the bytes of a file. */
export type OverrideParameters = ReadonlyMap<string, string | Uint8Array>;

/**
 * Runs a load with the replacements in its parameters: `config` (ModelConfig as JSON text) and `file:PATH` (base64 over HTTP),
 * which are written to a temporary folder for the duration of the load.
 * @throws LoadError 500 for an unreadable config, files without a config, and paths that leave the folder
 */
export async function withOverride(
  name: string,
  parameters: OverrideParameters,
  load: (override: LoadOverride | undefined) => Promise<void>,
): Promise<void> {
  if (parameters.size === 0) return load(undefined);
  const json = parameters.get('config');
  if (typeof json !== 'string') throw refuse(name, new Error("override files need a 'config' parameter"));
  let config: LoadOverride['config'];
  try {
    config = parseModelConfigJson(json);
  } catch (error) {
    throw refuse(name, error);
  }
  const files = [...parameters].filter(([key]) => key.startsWith(FILE_PREFIX));
  if (files.length === 0) return load({ config, repository: undefined });
  const repository = await mkdtemp(path.join(tmpdir(), 'triton-local-override-'));
  try {
    await writeFiles(path.join(repository, name), files, name);
    await load({ config, repository });
  } finally {
    await rm(repository, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function writeFiles(
  directory: string,
  files: readonly (readonly [string, string | Uint8Array])[],
  name: string,
): Promise<void> {
  await mkdir(directory);
  for (const [key, content] of files) {
    const file = path.join(directory, key.slice(FILE_PREFIX.length));
    if (file === directory || !isInside(directory, file))
      throw refuse(name, new Error(`'${key}' leaves the model's folder`));
    try {
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, typeof content === 'string' ? Buffer.from(content, 'base64') : content);
    } catch (error) {
      const why = hasErrno(error, 'ENAMETOOLONG') ? 'File name too long' : messageOf(error);
      throw refuse(
        name,
        new Error(`'${key}' cannot be written: ${why.replaceAll(`${directory}${path.sep}`, '')}`),
      );
    }
  }
}

function refuse(name: string, cause: unknown): LoadError {
  return new LoadError(`failed to load '${name}', failed to poll from model repository`, 500, cause);
}
