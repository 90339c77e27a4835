import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, userError } from '../base/index.ts';
import type { ScriptSource } from './project-config.ts';

/** What of the file reaches a service; the real server has no use for the rest, or none that shows. */
const KEYS = [
  'AZUREML_SOURCE_DIRECTORY',
  'SCORING_TIMEOUT_MS',
  'SERVICE_NAME',
  'SERVICE_PATH_PREFIX',
  'SERVICE_VERSION',
];

/**
 * Variables from the real server's own file (docs/reference/azureml.md#environment-variables): the one that
 * `AZUREML_CONFIG_FILE` names, else `config.json` in the source directory, else in the script's folder. Variables of
 * the environment win over them. A workspace's `config.json` has none of these keys.
 * @throws CONFIG_INVALID where it is no JSON object: the real server does not start with it either.
 */
export async function readServerConfigFile(
  { sourceDirectory, entryScript }: ScriptSource,
  named: string | undefined,
): Promise<Record<string, string>> {
  const places = [sourceDirectory, path.dirname(entryScript)].map((folder) =>
    path.join(folder, 'config.json'),
  );
  for (const file of named ? [path.resolve(sourceDirectory, named), ...places] : places) {
    if (await hasContent(file)) return pick(await readObject(file));
  }
  return {};
}

async function hasContent(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isFile() && found.size > 0,
    () => false,
  );
}

async function readObject(file: string): Promise<Record<string, unknown>> {
  try {
    const content: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (typeof content === 'object' && content !== null && !Array.isArray(content)) return { ...content };
    throw new Error('it holds no object');
  } catch (cause) {
    throw userError(
      'CONFIG_INVALID',
      `the scoring server's ${path.basename(file)} is invalid: ${messageOf(cause)}`,
      {
        location: { file },
        cause,
      },
    );
  }
}

function pick(content: Readonly<Record<string, unknown>>): Record<string, string> {
  const told = KEYS.filter((key) => typeof content[key] === 'string' || typeof content[key] === 'number');
  return Object.fromEntries(told.map((key) => [key, String(content[key])]));
}
