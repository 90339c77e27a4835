import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { hasErrno, userError } from '../base/index.ts';
import { SETTINGS, type SettingName } from './settings.ts';

export const PROJECT_FILE = 'triton-local.yaml';

/** A raw value from the project file with the line it stands on. */
export interface FileValue {
  readonly raw: unknown;
  readonly line: number;
}

/**
 * Reads `triton-local.yaml`; its keys are the flags' names without dashes in front (`http-port`, `no-watch` as
 * `watch: false`). An absent file is an empty one.
 * @throws CONFIG_FILE_INVALID with file and line for broken YAML and unknown keys.
 */
export async function readProjectFile(directory: string): Promise<ReadonlyMap<SettingName, FileValue>> {
  const file = path.join(directory, PROJECT_FILE);
  const source = await readFile(file, 'utf8').catch((error: unknown) => {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw userError('CONFIG_FILE_INVALID', `cannot read ${PROJECT_FILE}`, {
      location: { file },
      cause: error,
    });
  });
  const values = new Map<SettingName, FileValue>();
  if (source === undefined) return values;

  const { isMap, isScalar, LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines });
  const [mistake] = document.errors;
  if (mistake) {
    const line = lines.linePos(mistake.pos[0]).line;
    throw userError('CONFIG_FILE_INVALID', mistake.message.split('\n')[0] ?? mistake.message, {
      location: { file, line },
    });
  }
  if (document.contents === null) return values;
  if (!isMap(document.contents)) {
    throw userError('CONFIG_FILE_INVALID', `${PROJECT_FILE} must be a mapping of settings`, {
      location: { file, line: 1 },
    });
  }
  const plain: Record<string, unknown> = document.toJS();
  for (const { key } of document.contents.items) {
    const name = isScalar(key) ? String(key.value) : '';
    const line = isScalar(key) && key.range ? lines.linePos(key.range[0]).line : 1;
    const known = SETTINGS.find((setting) => keyOf(setting.name) === name);
    if (!known) {
      throw userError('CONFIG_FILE_INVALID', `unknown setting "${name}"`, {
        location: { file, line },
        hint: `known settings: ${SETTINGS.map((setting) => keyOf(setting.name)).join(', ')}`,
      });
    }
    values.set(known.name, { raw: plain[name], line });
  }
  return values;
}

/** `httpPort` as `http-port`. */
export function keyOf(name: SettingName): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
