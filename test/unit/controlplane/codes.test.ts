import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { codeDirectory } from '../../../src/controlplane/assets/code-directory.ts';
import { ArmParts } from '../../helpers/arm-parts.ts';

let parts: ArmParts;
beforeEach(async () => {
  parts = await ArmParts.start();
});
afterEach(() => parts[Symbol.asyncDispose]());

const GUID = '6d2a8e3c-1111-4222-8333-444455556666';
const hash = { hash_sha256: 'abc', hash_version: 202208 };

/** Uploads a source directory as the SDK does, and returns its URI. */
async function upload(files: Readonly<Record<string, string>>): Promise<string> {
  const { json } = await parts.send('POST', `codes/${GUID}/versions/1/startPendingUpload`, {
    body: { pendingUploadType: 'TemporaryBlobReference' },
  });
  const { blobUri, credential } = json.blobReferenceForConsumption;
  expect(credential).toMatchObject({ credentialType: 'SAS' });
  const { pathname } = new URL(blobUri);
  const { search } = new URL(credential.sasUri);
  for (const [name, body] of Object.entries(files)) {
    const headers = { 'content-type': 'application/octet-stream', 'x-ms-blob-type': 'BlockBlob' };
    expect((await parts.send('PUT', `${pathname}/${name}${search}`, { body, headers })).status).toBe(201);
  }
  return `${blobUri}/src`;
}

const putCode = (codeUri: string, version = '1') =>
  parts.send('PUT', `codes/${GUID}/versions/${version}`, {
    body: { properties: { codeUri, isAnonymous: true, properties: hash } },
  });

it('stores an uploaded source directory, and finds it again by its hash', async () => {
  expect((await parts.send('GET', 'codes/x/versions?hash=abc&hashVersion=202208')).json).toEqual({
    value: [],
  });
  const put = await putCode(await upload({ 'src/score.py': 'pass', 'src/lib/a.py': '1' }));
  expect(put).toMatchObject({ status: 201, json: { properties: { isAnonymous: true, properties: hash } } });
  const { json } = await parts.send('GET', 'codes/other-guid/versions?hash=abc&hashVersion=202208');
  expect(json.value).toMatchObject([{ id: put.json.id }]);
  const directory = await codeDirectory(parts, put.json.id);
  expect(path.basename(directory)).toBe('src');
  expect(await readFile(path.join(directory, 'lib/a.py'), 'utf8')).toBe('1');
  const { pathname } = new URL(put.json.properties.codeUri);
  expect((await parts.blob('GET', `${pathname}/score.py`)).text).toBe('pass');
});

it('removes the upload once the code is stored', async () => {
  await putCode(await upload({ 'src/score.py': 'pass' }));
  expect(await readdir(parts.folder.path('blobs'))).toEqual([]);
});

it('takes a PUT of the same code again', async () => {
  const { json } = await putCode(await upload({ 'src/score.py': 'pass' }));
  parts.origin = 'https://127.0.0.1:2';
  expect((await putCode(json.properties.codeUri)).status).toBe(200);
  expect((await parts.send('GET', `codes/${GUID}/versions/1`)).json.properties.codeUri).toMatch(
    /^https:\/\/127\.0\.0\.1:2\//,
  );
});

it('refuses the id of a code that is not there', async () => {
  await expect(codeDirectory(parts, `/subscriptions/s/codes/${GUID}/versions/9`)).rejects.toMatchObject({
    status: 404,
  });
  await expect(codeDirectory(parts, 'score.py')).rejects.toMatchObject({ status: 400 });
  expect(
    (await putCode('https://127.0.0.1:1/local/azureml-blobstore/LocalUpload/zz/src')).json.error.message,
  ).toMatch(/nothing was uploaded/);
});
