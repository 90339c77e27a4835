import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSampleRequests } from '../../../src/cloud/index.ts';
import { TempFolder } from '../../helpers/temp-project.ts';

let project: TempFolder;
beforeEach(async () => {
  project = await TempFolder.create();
});
afterEach(() => project[Symbol.asyncDispose]());

async function read(text: string, name = 'sample-requests.json') {
  await writeFile(project.path(name), text);
  return readSampleRequests(project.directory);
}

const failure = (text: string, name?: string) =>
  read(text, name).then(
    () => expect.fail('it was read'),
    (error) => error,
  );

describe('the file of sample requests', () => {
  it('needs little: a name and a call', async () => {
    const { tolerance, requests } = await read('{"version": 1, "requests": [{"name": "a", "score": {}}]}');
    expect(tolerance).toEqual({ absolute: 1e-6, relative: 1e-5 });
    expect(requests).toEqual([
      { name: 'a', score: { method: 'POST', headers: {} }, expect: { status: 200, headers: {} } },
    ]);
  });

  it('is YAML as well, with NaN, infinities and 64-bit integers in either spelling', async () => {
    const yaml = `version: 1
requests:
  - name: a
    infer: { model: m, version: 2, inputs: [{ name: x, shape: [3], datatype: FP32, data: [.nan, -.inf, 1] }] }
    expect: { outputs: { y: { data: [NaN, -Infinity, "NaN", 9223372036854775807] } } }
`;
    const [request] = (await read(yaml, 'sample-requests.yaml')).requests;
    expect(request?.infer?.version).toBe('2');
    expect(request?.infer?.inputs[0]?.data).toEqual([Number.NaN, Number.NEGATIVE_INFINITY, 1]);
    expect(request?.expect.outputs?.y?.data).toEqual([
      Number.NaN,
      Number.NEGATIVE_INFINITY,
      'NaN',
      9_223_372_036_854_775_807n,
    ]);
  });

  it.each([
    ['expect: { status: x }', 5, /^requests\[0\]\.expect\.status: /],
    ['expext: {}', 5, /^requests\[0\]: unknown key "expext", did you mean "expect"\?/],
    ['expect: { jsonContain: 1 }', 5, /^requests\[0\]\.expect: .* did you mean "jsonContains"\?/],
    [
      'expect: { outputs: { y: { dtype: FP32 } } }',
      5,
      /^requests\[0\]\.expect\.outputs\.y: unknown key "dtype"/,
    ],
    ['infer: { model: m, inputs: [] }', 3, /^requests\[0\]: give either score or infer/],
  ])('names the place and line of a fault: %s', async (mistake, line, message) => {
    const error = await failure(
      `version: 1\nrequests:\n  - name: a\n    score: {}\n    ${mistake}\n`,
      'sample-requests.yml',
    );
    expect(error).toMatchObject({
      code: 'REQUESTS_INVALID',
      kind: 'user',
      message: expect.stringMatching(message),
      location: { file: project.path('sample-requests.yml'), line },
    });
  });

  it.each([
    ['{"version": 2, "requests": [{"name": "a", "score": {}}]}', /^version: /],
    ['{"version": 1, "requests": []}', /^requests: /],
    ['{"version": 1, "requests": [{"name": "a", "score": {"text": "", "body": 1}}]}', /one of body, text/],
    ['{"version": 1, "requests": [{"name": "a", "score": {"method": "GET", "body": 1}}]}', /carry no body/],
    [
      '{"version": 1, "requests": [{"name": "a", "score": {"path": "score"}}]}',
      /score\.path: must start with/,
    ],
    ['[]', /^the file: /],
    ['', /^the file: /],
    ['{"version": 1', /^not valid JSON or YAML: /],
  ])('refuses %s', async (text, message) => {
    const error = await failure(text);
    expect(error).toMatchObject({ code: 'REQUESTS_INVALID', location: { line: 1 } });
    expect(error.message).toMatch(message);
  });

  it('refuses an alias of nothing', async () => {
    expect(await failure('a: *nothing')).toMatchObject({ code: 'REQUESTS_INVALID', kind: 'user' });
  });

  it('is one that is given, from wherever we are', async () => {
    await writeFile(project.path('mine.json'), '{"version": 1, "requests": [{"name": "mine", "score": {}}]}');
    const { requests, file } = await readSampleRequests('/nowhere', project.path('mine.json'));
    expect(requests[0]?.name).toBe('mine');
    expect(file).toBe(project.path('mine.json'));
    await expect(readSampleRequests('/nowhere', project.path('none.json'))).rejects.toMatchObject({
      code: 'REQUESTS_INVALID',
      location: { file: project.path('none.json') },
    });
  });

  it('is described if it is missing, with a valid example', async () => {
    const error = await readSampleRequests(project.directory).catch((thrown) => thrown);
    expect(error.code).toBe('REQUESTS_INVALID');
    await expect(read(error.hint.slice(error.hint.indexOf('{')))).resolves.toMatchObject({ version: 1 });
  });
});
