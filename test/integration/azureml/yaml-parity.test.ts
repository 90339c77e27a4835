import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Document, readYaml } from '../../../src/azureml/document.ts';
import { checkDeployment, checkEndpoint } from '../../../src/azureml/online-schema.ts';
import { checkFile } from '../../../src/azureml/yaml/check-file.ts';
import { SCHEMA_DATA } from '../../../src/azureml/yaml/schema-data.ts';
import type { JsonObject } from '../../../src/workspace/index.ts';
import { repositoryRoot, TempFolder } from '../../helpers/temp-project.ts';
import { type Variant, yamlVariants } from './yaml-variants.ts';

const realPython = process.env.TRITON_LOCAL_TEST_AZURE_AI_ML;

interface RealAnswer {
  readonly refused: boolean;
  /** Null where the package itself fell over. */
  readonly faults: readonly (readonly [path: readonly string[], text: string])[] | null;
  readonly crash?: string;
}

/** How values are written that one parser takes for something else than another. */
const SCALARS = [
  ...[
    '.',
    '..',
    './x',
    '+',
    '~',
    'null',
    'Null',
    '""',
    'none',
    'y',
    'n',
    'Y',
    'N',
    'yes',
    'No',
    'ON',
    'off',
    'oN',
  ],
  ...[
    'true',
    'True',
    'TRUE',
    'tRue',
    'T',
    '0',
    '1',
    '-1',
    '+1',
    '007',
    '08',
    '0o7',
    '0x1F',
    '0b11',
    '1_000',
    '1:30',
    '1:30.5',
  ],
  ...[
    '1.0',
    '1.',
    '.5',
    '1e3',
    '1.5e3',
    '1.5e+3',
    '1.5e-3',
    '-.5',
    '.inf',
    '-.inf',
    '.nan',
    '.Inf',
    'inf',
    'nan',
    '1.2.3',
  ],
  ...[
    '2024-01-01',
    '2024-1-1 10:00:00',
    '2024-01-01T10:00:00Z',
    '2024-01',
    'azureml:a:1',
    "'1'",
    '"yes"',
    '1,000',
    '0.1_0',
    '<<x',
  ],
];
const NAMES = new Map([
  ['str', 'string'],
  ['bool', 'boolean'],
  ['NoneType', 'null'],
  ['date', 'date'],
  ['datetime', 'date'],
]);

/** Where an object is allowed, an object is obviously not a reference. */
const NO_REFERENCE = /^In order to specify an existing /;

const READERS = {
  endpoint: checkEndpoint,
  deployment: checkDeployment,
  model: (value: JsonObject, document: Document) => checkFile(value, 'ModelSchema', document),
  environment: (value: JsonObject, document: Document) => checkFile(value, 'EnvironmentSchema', document),
};

describe.skipIf(!realPython)('files of v2 beside the real azure-ai-ml', () => {
  let folder: TempFolder;
  const variants = yamlVariants();
  beforeAll(async () => {
    folder = await TempFolder.create();
    await mkdir(folder.path('files/model'), { recursive: true });
    await mkdir(folder.path('files/code'));
    await writeFile(folder.path('files/code/score.py'), '');
    await writeFile(folder.path('files/code/Dockerfile'), 'FROM scratch\n');
    await writeFile(folder.path('files/model/model.onnx'), 'x');
    await writeFile(folder.path('files/conda.yml'), 'dependencies: [python]\n');
    // JSON is YAML, whichever version of it.
    for (const [index, { value }] of variants.entries())
      await writeFile(folder.path(`files/${index}.yml`), JSON.stringify(value, null, 2));
    await writeFile(
      folder.path('list.json'),
      JSON.stringify(variants.map(({ kind }, index) => [kind, `${index}.yml`])),
    );
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  async function realAnswers(): Promise<RealAnswer[]> {
    const program = path.join(repositoryRoot, 'test/integration/azureml/read_yaml.py');
    const { stdout } = await promisify(execFile)(
      realPython ?? '',
      [program, folder.path('files'), folder.path('list.json')],
      { maxBuffer: 256 * 1024 * 1024 },
    );
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  }

  async function ourLines(index: number, variant: Variant): Promise<string[]> {
    const document = await readYaml(folder.path(`files/${index}.yml`), '--file');
    try {
      READERS[variant.kind](document.value, document);
      return [];
    } catch (error) {
      // The place comes last, and is not the package's.
      const place = new RegExp(` \\(${document.file.replaceAll('.', '\\.')}:\\d+\\)$`, 'gm');
      const text = error instanceof Error ? error.message.replace(place, '\0') : String(error);
      return text.split('\0\n').map((line) => line.replace('\0', ''));
    }
  }

  it('are read by the schemas of the package as it is', async () => {
    const program = path.join(repositoryRoot, '.dev/azure-ai-ml-schemas.py');
    const { stdout } = await promisify(execFile)(realPython ?? '', ['-W', 'ignore', program]);
    expect(JSON.parse(stdout)).toEqual(SCHEMA_DATA);
  });

  it('have the same scalars', async () => {
    const file = folder.path('scalars.yml');
    await writeFile(file, SCALARS.map((text, index) => `m${index}: ${text}\n`).join(''));
    const code =
      'import json, sys, yaml\nprint(json.dumps([[type(v).__name__, str(v)] for v in yaml.safe_load(open(sys.argv[1])).values()]))';
    const { stdout } = await promisify(execFile)(realPython ?? '', ['-c', code, file]);
    const real: readonly (readonly [string, string])[] = JSON.parse(stdout);
    const { value } = await readYaml(file, '--file');
    const ours = Object.values(value);
    const different = real.flatMap(([type, text], index) => {
      const member = ours[index];
      const isSame =
        type === 'int' || type === 'float'
          ? typeof member === 'number' && Object.is(member, Number(text.replace('inf', 'Infinity')))
          : NAMES.get(type) ===
              (member instanceof Date ? 'date' : member === null ? 'null' : typeof member) &&
            (type !== 'str' || member === text) &&
            (type !== 'bool' || (member === true) === (text === 'True'));
      return isSame ? [] : [{ scalar: SCALARS[index], real: [type, text], ours: member }];
    });
    expect(different).toEqual([]);
  });

  it('are refused or taken alike, with the same faults', async () => {
    const real = await realAnswers();

    const different: unknown[] = [];
    for (const [index, variant] of variants.entries()) {
      const answer = real[index];
      if (!answer) throw new Error(`no answer for ${variant.change}`);
      const ours = (await ourLines(index, variant)).sort();
      if (answer.faults === null || answer.faults.some(([, text]) => text.startsWith('TypeError: '))) {
        if (ours.length === 0) different.push({ ...variant, value: undefined, crash: answer.crash });
        continue;
      }
      const isObject = (at: readonly string[]) => {
        const value = at.reduce<unknown>((under, name) => Reflect.get(Object(under), name), variant.value);
        return typeof value === 'object' && value !== null && !Array.isArray(value);
      };
      const told = answer.faults
        .filter(
          ([at, text]) => !(NO_REFERENCE.test(text) && at.at(-1) === '_schema' && isObject(at.slice(0, -1))),
        )
        .map(([at, text]) => (at.length === 0 ? text : `${at.join('.')}: ${text}`).trim());
      const theirs = [...new Set(told)].sort();
      if (JSON.stringify(ours) !== JSON.stringify(theirs))
        different.push({ kind: variant.kind, change: variant.change, ours, theirs });
    }

    process.stdout.write(`azure-ai-ml: ${variants.length - different.length} of ${variants.length} alike\n`);
    expect(different).toEqual([]);
  });
});
