import path from 'node:path';
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import { closestName, userError } from '../base/index.ts';
import { keyOf, SETTINGS } from './named-settings.ts';

/** A raw value from the project file with its line. */
export interface FileValue {
  readonly raw: unknown;
  readonly line: number;
}

/**
 * Parses the text of a `triton-local.yaml` into settings by name. Keys may be written `http-port` or `httpPort`.
 * @throws CONFIG_FILE_INVALID with file and line for invalid YAML and unknown keys.
 */
export function parseProjectFile(source: string, file: string): ReadonlyMap<string, FileValue> {
  const values = new Map<string, FileValue>();
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
    throw userError('CONFIG_FILE_INVALID', `${path.basename(file)} must be a mapping of settings`, {
      location: { file, line: 1 },
    });
  }
  const plain: Record<string, unknown> = document.toJS();
  for (const { key } of document.contents.items) {
    const name = isScalar(key) ? String(key.value) : '';
    const line = isScalar(key) && key.range ? lines.linePos(key.range[0]).line : 1;
    const known = SETTINGS.find((setting) => keyOf(setting.name) === keyOf(name));
    if (!known) {
      const keys = SETTINGS.map((setting) => keyOf(setting.name));
      const similar = closestName(keyOf(name), keys);
      throw userError('CONFIG_FILE_INVALID', `unknown setting "${name}"`, {
        location: { file, line },
        hint: `${similar === undefined ? '' : `did you mean ${similar}? `}known settings: ${keys.join(', ')}`,
      });
    }
    values.set(known.name, { raw: plain[name], line });
  }
  return values;
}
