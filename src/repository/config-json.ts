import protojson from 'protobufjs/ext/protojson.js';
import { messageOf } from '../base/index.ts';
import { ModelConfigError } from './config-error.ts';
import { toModelConfig } from './config-message.ts';
import type { ModelConfig } from './model-config.ts';
import { getModelConfigType } from './model-config-proto.ts';

/**
 * Reads the `config` parameter of a load request: a ModelConfig in ProtoJSON, with names in snake_case or camelCase and
 * 64-bit integers as numbers or strings. It replaces the `config.pbtxt` (docs/reference/triton.md#load-and-unload).
 * @throws MODEL_CONFIG_INVALID; the message begins as Triton's and continues with our words instead of protobuf's
 */
export function parseModelConfigJson(json: string): ModelConfig {
  try {
    return toModelConfig(protojson.fromJsonString(getModelConfigType(), json));
  } catch (error) {
    throw new ModelConfigError('MODEL_CONFIG_INVALID', `Invalid config override: ${messageOf(error)}`, {
      hint: "check it against the answer of GET /v2/models/NAME/config, which has the parameter's form",
      cause: error,
    });
  }
}
