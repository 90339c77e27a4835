import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sampleRequest } from '../../../src/emulator/sample-request.ts';
import type { ScriptSwagger } from '../../../src/python/index.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'sample-'));
});
afterEach(() => rm(root, { recursive: true }));

const write = (name: string, text: string) => writeFile(path.join(root, name), text);
const sample = (input?: object) => {
  const swagger = input && ({ input: JSON.stringify(input) } as ScriptSwagger);
  return sampleRequest(root, { entryScript: path.join(root, 'score.py'), sourceDirectory: root }, swagger);
};

describe('a body to try', () => {
  it("is the decorator's sample", async () => {
    await write('sample-request.json', '{}');
    expect(await sample({ type: 'object', properties: { n: {} }, example: { n: [1, 2] } })).toBe(
      '{"n":[1,2]}',
    );
  });

  it('is the first that the project sends in its tests', async () => {
    await write('sample-requests.json', '{"requests": [{"infer": {}}, {"score": {"body": {"image": [1]}}}]}');
    expect(await sample({ type: 'object', example: {} })).toBe('{"image":[1]}');
  });

  it('is a file that holds one', async () => {
    await write('sample_request.json', '{"data": [[1]]}');
    expect(await sample()).toBe(`@${path.join(root, 'sample_request.json')}`);
  });

  it.each([
    [
      'def run(raw):\n    body = json.loads(raw)\n    return body["text"] + body.get(\'lang\', "en")\n',
      '{"text":[],"lang":[]}',
    ],
    ["def run(raw):\n    return json.loads(raw)['inputs']\n", '{"inputs":[]}'],
    ['def run(raw):\n    return raw\n', '{"data": []}'],
  ])('has the members that the script reads: %j', async (script, body) => {
    await write('score.py', script);
    expect(await sample()).toBe(body);
  });
});
