import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ArmParts, CONTAINER, SIGNATURE } from '../../helpers/arm-parts.ts';
import { listFiles } from '../../helpers/listed-files.ts';

let parts: ArmParts;
beforeEach(async () => {
  parts = await ArmParts.start();
});
afterEach(() => parts[Symbol.asyncDispose]());

const segment = fc.oneof(
  fc.constantFrom(
    // Plain dots never arrive: URLs are resolved before they are sent.
    '',
    'a%2f..%2fb',
    '%2f',
    '%5c..%5c',
    '%00',
    '%',
    '%c0%af',
    'con',
    'a:b',
    ' ',
    '~',
    '-',
    'LocalUpload',
    'models',
    'codes',
    '0'.repeat(64),
  ),
  fc.string({ unit: 'grapheme', maxLength: 300 }).map((text) => encodeURIComponent(text)),
);
const blobPath = fc.array(segment, { minLength: 1, maxLength: 6 }).map((segments) => segments.join('/'));

it('keeps blobs of any name in the folder of blobs, and answers what it refuses with 4xx', async () => {
  const octets = { 'content-type': 'application/octet-stream', 'x-ms-blob-type': 'BlockBlob' };
  await fc.assert(
    fc.asyncProperty(
      blobPath,
      fc.constantFrom('', '&comp=block&blockid=AAAA', '&comp=metadata'),
      async (path, comp) => {
        const url = `${CONTAINER}/${path}?sig=${SIGNATURE}${comp}`;
        const put = await parts.send('PUT', url, { body: 'x', headers: octets });
        const get = await parts.send('GET', `${CONTAINER}/${path}?sig=${SIGNATURE}`);
        const list = await parts.send(
          'GET',
          `${CONTAINER}?restype=container&comp=list&prefix=${path}&sig=${SIGNATURE}`,
        );
        for (const { status } of [put, get, list]) expect(status).toBeLessThan(500);
        if (comp === '' && put.status < 400) expect(get).toMatchObject({ status: 200, text: 'x' });
      },
    ),
    { numRuns: 150, seed: 16 },
  );
  const outside = (await listFiles(parts.folder.directory)).filter(
    (name) => !/^[0-9a-f-]{36,64}\.(?:json|bin)$|^[0-9a-f]{64}$/.test(name),
  );
  expect(outside).toEqual([]);
}, 60_000);

const strange = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(
    '../../../etc/passwd',
    '\u0000',
    'x'.repeat(10_000),
    'azureml://datastores/workspaceblobstore/paths/../..',
    'https://127.0.0.1/local/%2e%2e/%',
    { constructor: 1 },
    '{"__proto__": 1}',
  ),
);
const member = fc.constantFrom(
  'modelUri',
  'modelType',
  'tags',
  'properties',
  'isAnonymous',
  'isArchived',
  'description',
  'flavors',
  'image',
  'build',
  'condaFile',
  'inferenceConfig',
  'osType',
  'codeUri',
  'dataUri',
  '__proto__',
);
const properties = fc.dictionary(member, strange, { maxKeys: 5 });
const name = fc.oneof(
  fc.constantFrom('digits', '__proto__', 'constructor', '..', 'a b', '%2e%2e', 'x'.repeat(300)),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
);

it('answers any body for any asset with an answer of ARM, and writes nothing elsewhere', async () => {
  const modelUri = await parts.upload('aa', { 'models/a': 'a' });
  const kind = fc.constantFrom('models', 'environments', 'codes', 'data');
  await fc.assert(
    fc.asyncProperty(
      kind,
      name,
      name,
      properties,
      fc.boolean(),
      async (kind, asset, version, given, isComplete) => {
        const [first, second] = [asset, version].map((text) => encodeURIComponent(text));
        const path = `${kind}/${first}/versions/${second}`;
        const complete = {
          modelUri,
          image: 'any',
          codeUri: 'https://127.0.0.1/local/azureml-blobstore/LocalUpload/aa/models',
        };
        const put = await parts.send('PUT', path, {
          body: { properties: isComplete ? { ...given, ...complete } : given },
        });
        expect(put.status).toBeLessThan(500);
        if (put.status >= 400)
          expect(put.json.error).toMatchObject({ code: expect.any(String), message: expect.any(String) });
        else expect((await parts.send('GET', path)).json.id).toBe(put.json.id);
        for (const list of [kind === 'codes' ? path : kind, `${kind}/${first}/versions`])
          expect((await parts.send('GET', list)).status).toBeLessThan(500);
      },
    ),
    { numRuns: 150, seed: 16 },
  );
  await expect(parts.workspace.read()).resolves.toBeDefined();
}, 60_000);
