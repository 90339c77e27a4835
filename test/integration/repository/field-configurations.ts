// One configuration and more for each field of ModelConfig, made from the message's own description.
import protobuf from 'protobufjs';
import { getModelConfigType } from '../../../src/repository/model-config-proto.ts';

/** Fields that a message cannot do without, as text; a variant of its own leaves each of them out. */
const REQUIRED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ModelInput: { name: '"INPUT0"', data_type: 'TYPE_FP32', dims: '[ 2 ]' },
  ModelOutput: { name: '"OUTPUT0"', data_type: 'TYPE_FP32', dims: '[ 2 ]' },
  BatchInput: {
    kind: 'BATCH_ELEMENT_COUNT',
    target_name: '"COUNT"',
    data_type: 'TYPE_FP32',
    source_input: '"INPUT0"',
  },
  BatchOutput: { target_name: '"OUTPUT0"', source_input: '"INPUT0"' },
  ModelInstanceGroup: { kind: 'KIND_CPU', count: '1' },
  ControlInput: { name: '"START"', control: '{ kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ] }' },
  Control: { kind: 'CONTROL_SEQUENCE_START', int32_false_true: '[ 0, 1 ]' },
  State: { input_name: '"INPUT0"', output_name: '"OUTPUT0"', data_type: 'TYPE_FP32', dims: '[ 2 ]' },
  InitialState: { name: '"zero"', data_type: 'TYPE_FP32', dims: '[ 2 ]', zero_data: 'true' },
  ModelWarmup: {
    name: '"sample"',
    batch_size: '1',
    inputs: '{ key: "INPUT0" value { data_type: TYPE_FP32 dims: [ 2 ] zero_data: true } }',
  },
  'ModelWarmup.Input': { data_type: 'TYPE_FP32', dims: '[ 2 ]', zero_data: 'true' },
  ModelDynamicBatching: {},
  Step: {
    model_name: '"other"',
    model_version: '-1',
    input_map: '{ key: "INPUT0" value: "INPUT0" }',
    output_map: '{ key: "OUTPUT0" value: "OUTPUT0" }',
  },
  Agent: { name: '"agent"' },
};

/** What stands at the top of each configuration, but for the field that is tried. */
const TOP: Readonly<Record<string, string>> = {
  backend: '"onnxruntime"',
  platform: '"onnxruntime_onnx"',
  max_batch_size: '4',
  input: '{ name: "INPUT0" data_type: TYPE_FP32 dims: [ 2 ] }',
  output: '{ name: "OUTPUT0" data_type: TYPE_FP32 dims: [ 2 ] }',
  instance_group: '{ kind: KIND_CPU count: 1 }',
};

/** Texts of `config.pbtxt` by the field and value that they try. */
export function fieldConfigurations(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const add = (name: string, text: string) => found.set(name.replaceAll(/\W+/g, '_'), text);
  walk(getModelConfigType(), '', TOP, (text) => text, add);
  add('everything_left_out', '');
  add('no_batch', topWith('max_batch_size', ''));
  return found;
}

type Wrap = (text: string) => string;

function walk(
  type: protobuf.Type,
  path: string,
  required: Readonly<Record<string, string>>,
  wrap: Wrap,
  add: (name: string, text: string) => void,
): void {
  const rest = (but: readonly string[]) =>
    Object.entries(required)
      .filter(([name]) => !but.includes(name))
      .map(([name, text]) => line(name, text))
      .join(' ');
  for (const field of type.fieldsArray) {
    const siblings = field.partOf?.fieldsArray.map(({ name }) => name) ?? [];
    const name = path === '' ? field.name : `${path}.${field.name}`;
    const around: Wrap = (text) => wrap(`${rest([field.name, ...siblings])} ${text}`);
    if (field.name in required) add(`${name}-absent`, wrap(rest([field.name])));
    if (field instanceof protobuf.MapField) {
      mapEntries(field, name, around, add);
      continue;
    }
    if (field.resolvedType instanceof protobuf.Type) {
      const inner = field.resolvedType;
      add(`${name}-empty`, around(`${field.name} { }`));
      if (field.repeated) {
        const one = `${field.name} { ${requiredText(inner)} }`;
        add(`${name}-twice`, around(`${one} ${one}`));
      }
      walk(inner, name, REQUIRED[fullName(inner)] ?? {}, (text) => around(`${field.name} { ${text} }`), add);
      continue;
    }
    for (const text of values(field))
      add(`${name}-${text}`, around(`${field.name}: ${field.repeated ? `[ ${text} ]` : text}`));
    if (field.repeated) {
      const [text = ''] = values(field);
      add(`${name}-two`, around(`${field.name}: [ ${text}, ${text} ]`));
    }
  }
}

function mapEntries(
  field: protobuf.MapField,
  name: string,
  around: Wrap,
  add: (name: string, text: string) => void,
): void {
  const key = field.keyType === 'string' ? '"INPUT0"' : '1';
  if (field.resolvedType instanceof protobuf.Type) {
    const inner = field.resolvedType;
    add(`${name}-empty`, around(`${field.name} { key: ${key} value { } }`));
    walk(
      inner,
      name,
      REQUIRED[fullName(inner)] ?? {},
      (text) => around(`${field.name} { key: ${key} value { ${text} } }`),
      add,
    );
  } else add(`${name}-entry`, around(`${field.name} { key: ${key} value: "x" }`));
}

function values(field: protobuf.Field): readonly string[] {
  const { resolvedType, type } = field;
  if (resolvedType instanceof protobuf.Enum) return [...Object.keys(resolvedType.values), 'NO_SUCH_VALUE'];
  if (type === 'string') return ['"x"', '7'];
  if (type === 'bool') return ['true', 'false', '"true"'];
  if (type === 'float' || type === 'double') return ['0.5', '2', '-1'];
  return ['1', '3', '0', '-1', '"4"', '99999999999999999999'];
}

function requiredText(type: protobuf.Type): string {
  return Object.entries(REQUIRED[fullName(type)] ?? {})
    .map(([name, text]) => line(name, text))
    .join(' ');
}

function topWith(name: string, text: string): string {
  return Object.entries({ ...TOP, [name]: text })
    .filter(([, value]) => value !== '')
    .map(([field, value]) => line(field, value))
    .join('\n');
}

function line(name: string, text: string): string {
  return text.startsWith('{') ? `${name} ${text}` : `${name}: ${text}`;
}

/** `ModelWarmup.Input`, since `Input` alone says little; else the message's own name. */
function fullName(type: protobuf.Type): string {
  return type.name === 'Input' && type.parent ? `${type.parent.name}.${type.name}` : type.name;
}
