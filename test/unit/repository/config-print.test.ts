import { describe, expect, test } from 'vitest';
import { modelConfigText, parseModelConfigText } from '../../../src/repository/index.ts';

describe('a configuration that is written', () => {
  test.each([
    [
      'tensors',
      'name: "m" max_batch_size: 8 input [ { name: "x" data_type: TYPE_FP32 dims: [ -1, 3 ] optional: true } ]',
    ],
    [
      'an empty reshape',
      'output [ { name: "y" data_type: TYPE_STRING dims: [ 1 ] reshape { shape: [] } label_filename: "l.txt" } ]',
    ],
    ['empty messages', 'dynamic_batching { } version_policy { all { } } response_cache { enable: false }'],
    ['a list of versions', 'version_policy { specific { versions: [ 1, 9007199254740991 ] } }'],
    [
      'maps',
      'parameters { key: "a\\"b\\\\\\n" value { string_value: "\u00fc" } } metric_tags { key: "0" value: "1" }',
    ],
    [
      'warm-up',
      'model_warmup [ { name: "w" batch_size: 1 inputs { key: "x" value { data_type: TYPE_FP32 dims: 3 zero_data: false } } } ]',
    ],
    [
      'queues',
      'dynamic_batching { preferred_batch_size: [ 4, 8 ] priority_queue_policy { key: 1 value { max_queue_size: 2 timeout_action: DELAY } } }',
    ],
    ['instances', 'instance_group [ { kind: KIND_GPU count: 2 gpus: [ 0, 1 ] } ]'],
  ])('reads as the same: %s', (_what, text) => {
    const config = parseModelConfigText(text, 'config.pbtxt');
    expect(parseModelConfigText(modelConfigText(config), 'written')).toEqual(config);
  });

  test('names no field that is at its default, which an older Triton might not know', () => {
    const config = parseModelConfigText(
      'input [ { name: "x" data_type: TYPE_FP32 dims: [ 1 ] } ]',
      'config.pbtxt',
    );
    expect(modelConfigText(config)).not.toContain('is_non_linear_format_io');
  });
});
