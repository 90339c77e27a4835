import textformat from 'protobufjs/ext/textformat.js';
import { messageOf } from '../base/index.ts';
import { explainConfigText } from './config-diagnosis.ts';
import { ModelConfigError } from './config-error.ts';
import { toModelConfig } from './config-message.ts';
import { positionAt } from './config-syntax.ts';
import type { ModelConfig } from './model-config.ts';
import { getModelConfigType } from './model-config-proto.ts';

/**
 * Reads a `config.pbtxt`. Fields that are not written have their proto3 defaults; messages that are not written are
 * absent.
 * @param file named in errors only
 * @throws CONFIG_PBTXT_INVALID with file, line and column of the first mistake
 */
export function parseModelConfigText(text: string, file: string): ModelConfig {
  try {
    return toModelConfig(textformat.fromText(getModelConfigType(), text));
  } catch (error) {
    const fault = explainConfigText(text) ?? {
      message: messageOf(error).replace(/ \(line \d+\)$/, ''),
      offset: undefined,
    };
    const line = /\(line (\d+)\)$/.exec(messageOf(error))?.[1];
    throw new ModelConfigError(
      'CONFIG_PBTXT_INVALID',
      `${file} is not a model configuration: ${fault.message}`,
      {
        hint: 'hint' in fault ? fault.hint : undefined,
        location: {
          file,
          ...(fault.offset !== undefined
            ? positionAt(text, fault.offset)
            : line
              ? { line: Number(line) }
              : {}),
        },
        cause: error,
      },
    );
  }
}

/**
 * Writes a `config.pbtxt`. Omits defaults, so that releases without a newer field can read it; only for messages do
 * unset and empty differ.
 */
export function modelConfigText(config: ModelConfig): string {
  const type = getModelConfigType();
  return textformat.toText(type, type.fromObject(withoutDefaults(config) as object));
}

/** The choices of a oneof, where even a default has a meaning. */
const CHOICES = new Set(['zero_data', 'random_data', 'data_file', 'input_data_file']);

function withoutDefaults(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDefaults);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(
    ([name, member]) =>
      CHOICES.has(name) ||
      (member !== '' && member !== 0 && member !== false && !(Array.isArray(member) && member.length === 0)),
  );
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutDefaults(member)]));
}
