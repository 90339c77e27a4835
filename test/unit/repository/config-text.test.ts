import { describe, expect, it } from 'vitest';
import { ModelConfigError, parseModelConfigText } from '../../../src/repository/index.ts';

describe('a config.pbtxt', () => {
  it('may be empty: every scalar, list and map has its default, no message is set', () => {
    const config = parseModelConfigText('# nothing yet\r\n', 'config.pbtxt');
    expect(config).toMatchObject({ name: '', max_batch_size: 0, input: [], parameters: {} });
    expect(config).not.toHaveProperty('dynamic_batching');
    expect(config).not.toHaveProperty('version_policy');
  });

  it('may be written in every way that protobuf knows', () => {
    const config = parseModelConfigText(
      `name: 'two ' "parts"; max_batch_size: 0x10,
       input { name: "a" data_type: TYPE_FP32, dims: -1 dims: [ 020, 3 ] reshape: { shape: [ ] } }
       input: < name: "b" data_type: 8 optional: True >   # a number for an enum
       output [ { name: "c\\061\\x41\\u00e9" }, { name: "d" } ]
       version_policy: { specific { versions: [ 1, 9007199254740991 ] } }
       parameters: [ { key: "k" value: { string_value: "v" } }, { key: "__proto__" value { } } ]
       dynamic_batching { priority_queue_policy { key: 2 value { timeout_action: DELAY } } }
       cc_model_filenames { key: "7.5" value: "model.plan" }
       sequence_batching: { direct { minimum_slot_utilization: 5e-1f } }`.replace(
        /dynamic_batching[^\n]*\n/,
        '',
      ),
      'config.pbtxt',
    );
    expect(config).toMatchObject({
      name: 'two parts',
      max_batch_size: 16,
      input: [
        { name: 'a', data_type: 'TYPE_FP32', dims: [-1, 16, 3], reshape: { shape: [] } },
        { name: 'b', data_type: 'TYPE_INT32', dims: [], optional: true },
      ],
      output: [{ name: 'c1Aé' }, { name: 'd' }],
      version_policy: { specific: { versions: [1, 9007199254740991] } },
      cc_model_filenames: { '7.5': 'model.plan' },
      sequence_batching: { direct: { minimum_slot_utilization: 0.5 } },
    });
    expect(Object.keys(config.parameters)).toEqual(['k', '__proto__']);
  });

  it.each([
    ['an unknown field', 'name: "m"\nmax_batchsize: 8', 2, 1, /no field 'max_batchsize'/, /max_batch_size/],
    ['a plural', 'inputs [ ]', 1, 1, /no field 'inputs'/, /'input'/],
    [
      'a nested unknown field',
      'input {\n  dtype: TYPE_FP32\n}',
      2,
      3,
      /ModelInput has no field/,
      /data_type/,
    ],
    ['a data type of another tool', 'input [ { data_type: TYPE_FLOAT } ]', 1, 22, /TYPE_FLOAT/, /TYPE_FP32/],
    ['a misspelt enum', 'instance_group { kind: KIND_CPUS }', 1, 24, /KIND_CPUS/, /KIND_CPU\?/],
    ['an enum in quotes', 'input { data_type: "TYPE_FP32" }', 1, 20, /without quotes/, /TYPE_FP32/],
    ['a text without quotes', 'name: digits', 1, 7, /in quotes/, /name: "digits"/],
    ['a fraction for an integer', 'max_batch_size: 1.5', 1, 17, /integer, not 1.5/, undefined],
    ['a number beyond its type', 'max_batch_size: 2147483648', 1, 17, /too large/, undefined],
    [
      'a negative unsigned number',
      'version_policy { latest { num_versions: -1 } }',
      1,
      41,
      /negative/,
      undefined,
    ],
    ['a missing colon', 'max_batch_size 8', 1, 16, /expected ':' after 'max_batch_size'/, undefined],
    ['a missing colon before a list', 'input { dims [ 1 ] }', 1, 13, /expected ':' after 'dims'/, undefined],
    ['an open block', 'max_batch_size: 1\ninput [ {\n  name: "a"\n', 2, 9, /inside '{' of line 2/, /'}'/],
    ['an open text', 'name: "digits\nplatform: ""', 1, 7, /must end on its line/, undefined],
    ['a comma after the last element', 'input { dims: [ 1, 2, ] }', 1, 21, /last element/, undefined],
    ['a field given twice', 'name: "a"\nname: "b"', 2, 1, /'name' is given twice/, undefined],
    [
      'two schedulers',
      'dynamic_batching {}\nsequence_batching {}',
      2,
      1,
      /combined with 'dynamic/,
      undefined,
    ],
    ['a list for a single value', 'dynamic_batching [ {} ]', 1, 1, /not a list/, undefined],
    ['a scalar for a block', 'input: "a"', 1, 8, /takes a block/, /input \{/],
    ['a Windows path', 'runtime: "C:\\models\\k"', 1, 13, /'\\m'/, /\\\\/],
    ['JSON', '{ "name": "m" }', 1, 1, /expected the name of a field/, undefined],
    ['a map entry of another form', 'parameters { name: "a" }', 1, 14, /no field 'name'/, /key and value/],
    [
      'something after the end',
      'name: "a" }',
      1,
      11,
      /expected the name of a field but found '}'/,
      undefined,
    ],
  ])('with %s is refused at its line and column', (_, text, line, column, message, hint) => {
    const error = refusal(text);
    expect(error).toMatchObject({
      code: 'CONFIG_PBTXT_INVALID',
      kind: 'user',
      location: { file: '/m/config.pbtxt', line, column },
    });
    expect(error.message).toMatch(message);
    if (hint) expect(error.hint).toMatch(hint);
    else expect(error.hint).toBeUndefined();
  });

  it('nested without end is refused, not a crash', () => {
    const error = refusal('optimization { cuda { graph_spec '.repeat(10_000));
    expect(error.location).toMatchObject({ line: 1 });
    expect(refusal(`input ${'{ a '.repeat(50_000)}`).message).toMatch(/no field|nested/);
  });
});

function refusal(text: string): ModelConfigError {
  try {
    parseModelConfigText(text, '/m/config.pbtxt');
  } catch (error) {
    if (error instanceof ModelConfigError) return error;
    throw error;
  }
  throw new Error('the text was taken');
}

describe('a character that may not be seen', () => {
  it.each([
    ['\uFEFFname: "m"', 1, 1, 'a byte order mark (U+FEFF)', 'without a byte order mark'],
    ['name: "m"\nmax_batch_size:\u00A04', 2, 16, 'a no-break space (U+00A0)', 'a plain space'],
    ['name: "m"\n\u200Bmax_batch_size: 4', 2, 1, 'a zero-width space (U+200B)', 'delete it'],
    ['name: \u201Cm\u201D', 1, 7, "a curly quote '\u201C' (U+201C)", 'straight quotes'],
    ['dims: \u22121', 1, 7, "a minus sign '\u2212' (U+2212)", 'a hyphen'],
    ['name: "m"\u0000', 1, 10, 'a NUL byte (U+0000)', 'as UTF-8'],
  ])('is named with its place: %j', (text, line, column, what, remedy) => {
    const read = () => parseModelConfigText(text, 'm/config.pbtxt');
    expect(read).toThrow(`m/config.pbtxt is not a model configuration: ${what}`);
    try {
      read();
    } catch (error) {
      expect((error as ModelConfigError).location).toEqual({ file: 'm/config.pbtxt', line, column });
      expect((error as ModelConfigError).hint).toContain(remedy);
    }
  });

  it('may stand in comments and quotes', () => {
    expect(
      parseModelConfigText('# \u00A0\u200B\nmetric_tags { key: "caf\u00E9" value: "\u00A0" }', 'c'),
    ).toMatchObject({ metric_tags: { 'caf\u00E9': '\u00A0' } });
  });

  it('is not needed for a field of a later release, which is named with that release', () => {
    const read = () => parseModelConfigText('model_metrics { }', 'c');
    expect(read).toThrow("Triton 2.51.0 has no field 'model_metrics' in ModelConfig");
  });
});
