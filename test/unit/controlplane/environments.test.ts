import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { listEnvironments, registerEnvironment, showEnvironment } from '../../../src/azureml/index.ts';
import { type Answer, ArmParts } from '../../helpers/arm-parts.ts';

let parts: ArmParts;
beforeEach(async () => {
  parts = await ArmParts.start();
});
afterEach(() => parts[Symbol.asyncDispose]());

const CONDA = '# packages\nchannels:\n- conda-forge\ndependencies:\n- python=3.10\n- pip:\n  - numpy\n';
const IMAGE = 'mcr.microsoft.com/azureml/minimal-ubuntu22.04-py39-cpu-inference';

function put(id: string, properties: object): Promise<Answer> {
  const [name, version] = id.split(':');
  return parts.send('PUT', `environments/${name}/versions/${version}`, { body: { properties } });
}

it('registers an image with a conda file as an environment of the verbs', async () => {
  const answer = await put('env:1', { condaFile: CONDA, image: IMAGE, tags: { a: 'b' }, isAnonymous: false });
  expect(answer).toMatchObject({
    status: 201,
    json: { name: '1', properties: { condaFile: CONDA, image: IMAGE, tags: { a: 'b' }, osType: 'Linux' } },
  });
  expect(await showEnvironment(parts.workspace, 'env', '1')).toMatchObject({
    name: 'env',
    version: '1',
    python: {
      condaDependencies: { channels: ['conda-forge'], dependencies: ['python=3.10', { pip: ['numpy'] }] },
    },
    docker: { baseImage: IMAGE },
  });
});

it('gives environments that a verb registered, with their conda file', async () => {
  await registerEnvironment(parts.workspace, {
    name: 'env',
    python: { condaDependencies: { dependencies: ['python=3.10'] } },
    docker: { baseImage: IMAGE },
  });
  const { json } = await parts.send('GET', 'environments/env/versions/1');
  expect(json.properties).toMatchObject({ image: IMAGE, condaFile: 'dependencies:\n  - python=3.10\n' });
  expect((await parts.send('GET', 'environments/env')).json.properties).toMatchObject({
    latestVersion: '1',
    nextVersion: '2',
  });
  // The same definition is the same version.
  expect((await put('env:1', { image: IMAGE, condaFile: 'dependencies: [python=3.10]' })).status).toBe(200);
});

it('refuses another definition of a version with 409, unless it is anonymous', async () => {
  await put('env:1', { image: IMAGE });
  expect(await put('env:1', { image: 'other' })).toMatchObject({ status: 409 });
  expect((await put('env:1', { image: IMAGE, description: 'new' })).json.properties.description).toBe('new');
  await put('CliV2AnonymousEnvironment:aa', { image: IMAGE, isAnonymous: true });
  expect((await put('CliV2AnonymousEnvironment:aa', { image: 'other', isAnonymous: true })).status).toBe(200);
  const listed = (await listEnvironments(parts.workspace)).map(({ name }) => name);
  expect(listed).toEqual(['env', 'AzureML-Triton']);
  const { json } = await parts.send('GET', 'environments');
  expect(json.value.map(({ name }: { readonly name: string }) => name)).toEqual(['env', 'AzureML-Triton']);
});

it('keeps the routes of a custom container', async () => {
  const inferenceConfig = {
    livenessRoute: { path: '/v2/health/live', port: 8000 },
    readinessRoute: { path: '/v2/health/ready', port: 8000 },
    scoringRoute: { path: '/', port: 8000 },
  };
  const { json } = await put('triton:1', { image: 'nvcr.io/nvidia/tritonserver:24.01-py3', inferenceConfig });
  expect(json.properties.inferenceConfig).toEqual(inferenceConfig);
  expect(await showEnvironment(parts.workspace, 'triton', '1')).toMatchObject({
    inference_config: { liveness_route: { path: '/v2/health/live', port: 8000 } },
  });
});

it('stores the folder of a build context', async () => {
  await parts.upload('aa', { 'code/Dockerfile': 'FROM scratch', 'code/app/main.py': 'pass' });
  const contextUri = 'https://127.0.0.1:1/local/azureml-blobstore/LocalUpload/aa/code/';
  const { json } = await put('built:1', { build: { contextUri, dockerfilePath: 'Dockerfile' } });
  expect(json.properties.build).toEqual({
    contextUri: expect.stringMatching(
      /^https:\/\/127\.0\.0\.1:1\/local\/azureml-blobstore\/codes\/\w{64}\/code\/$/,
    ),
    dockerfilePath: 'Dockerfile',
  });
  const { docker } = await showEnvironment(parts.workspace, 'built', '1');
  const { build } = docker as { readonly build: { readonly path: string } };
  expect(await readFile(path.join(build.path, 'app/main.py'), 'utf8')).toBe('pass');
  // The server may run on another port when it comes back.
  const again = json.properties.build.contextUri.replace(':1/', ':2/');
  const archived = { build: { contextUri: again, dockerfilePath: 'Dockerfile' }, isArchived: true };
  expect((await put('built:1', archived)).status).toBe(200);
  expect((await listEnvironments(parts.workspace)).map(({ name }) => name)).toEqual(['AzureML-Triton']);
});

it.each([
  ['neither image nor build', {}, /Docker image or Dockerfile is required/],
  ['a conda file that is no YAML', { image: IMAGE, condaFile: 'a: [' }, /parsing conda_file/],
  ['a conda file that is a list', { image: IMAGE, condaFile: '- a' }, /conda_file.*one object/],
  ['an image that is no text', { image: 7 }, /properties.image is a text, not 7/],
  [
    'a build context that was not uploaded',
    { build: { contextUri: 'https://127.0.0.1:1/local/azureml-blobstore/LocalUpload/zz/c/' } },
    /nothing was uploaded/,
  ],
  [
    'a build context elsewhere',
    { build: { contextUri: 'https://github.com/a/b.git' } },
    /not in the storage/,
  ],
])('refuses %s with a sentence', async (_what, properties, message) => {
  const { status, json } = await put('env:1', properties);
  expect(status).toBe(400);
  expect(json.error.message).toMatch(message);
});

it('changes no curated environment', async () => {
  expect((await put('AzureML-Triton:1', { image: 'other' })).status).toBe(400);
  expect((await parts.send('GET', 'environments/AzureML-Triton/versions/1')).json.properties).toMatchObject({
    environmentType: 'Curated',
  });
});
