import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { hasErrno, isInside, messageOf } from '../base/index.ts';
import { invalidConfig } from './config-error.ts';
import type { ModelOutput } from './model-config.ts';
import type { ModelDefinition } from './model-definition.ts';

/**
 * The labels of an output by class index; empty if it names no file. As for Triton, only `\n` ends a line: with Windows
 * line ends, labels end in `\r`.
 * @throws MODEL_CONFIG_INVALID with Triton's text if the file is outside the model's folder or cannot be read
 */
export async function readLabels(
  definition: ModelDefinition,
  output: ModelOutput,
): Promise<readonly string[]> {
  const { label_filename, name } = output;
  if (label_filename === '') return [];
  const position = definition.config.output.findIndex((candidate) => candidate.name === name);
  const field = ['output', Math.max(position, 0), 'label_filename'];
  const file = path.join(definition.directory, label_filename);
  if (!isInside(definition.directory, file)) {
    throw invalidConfig(
      `label file path '${file}' for output '${name}' in model '${definition.name}' is outside model directory`,
      field,
      'UNSUPPORTED',
    );
  }
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const reason = hasErrno(error, 'ENOENT') ? 'No such file or directory' : messageOf(error);
    throw invalidConfig(`failed to open text file for read ${file}: ${reason}`, field, 'INTERNAL');
  }
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
