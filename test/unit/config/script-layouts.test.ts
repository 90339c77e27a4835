import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolveProject } from '../../../src/config/index.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'config-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function lay(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), content);
  }
}

const resolve = (directory = root, flags = {}, variables = {}) =>
  resolveProject({ directory, flags, variables: { TRITON_LOCAL_HOME: '/state', ...variables } });

describe('the source directory of a script in a folder', () => {
  it.each([
    // What v2 calls `code`: the folder itself.
    ['code', { 'code/score.py': 'import helper\n', 'code/helper.py': '' }],
    ['src', { 'src/score.py': 'import os, helper as h\n', 'src/helper.py': '' }],
    ['src', { 'src/score.py': 'def init():\n    from helper.part import x\n', 'src/helper/part.py': '' }],
    ['onlinescoring', { 'onlinescoring/score.py': 'import json\n' }],
    ['code', { 'code/score.py': 'import code\n' }],
    // As in v1: the project, from which the folder is a package.
    ['.', { 'src/score.py': 'from src.helper import x\n', 'src/helper.py': '' }],
    ['.', { 'src/score.py': 'import helper\n', 'src/helper.py': '', 'helper.py': '' }],
    ['.', { 'code/score.py': 'import shared\n', 'shared/__init__.py': '' }],
    ['.', { 'src/score.py': 'import json\n' }],
    ['.', { 'score.py': 'import helper\n', 'helper.py': '' }],
  ])('is %s for %j', async (expected, files) => {
    await lay(files);
    expect((await resolve()).script?.sourceDirectory).toBe(path.join(root, expected));
  });

  it('is what --code says', async () => {
    await lay({ 'code/score.py': 'import helper\n', 'code/helper.py': '' });
    const flags = { entryScript: path.join(root, 'code/score.py'), code: root };
    expect((await resolve(root, flags)).script?.sourceDirectory).toBe(root);
  });
});

describe('a project with a deployment file', () => {
  const EXAMPLE = {
    'cli/model-1/model/model.pkl': '',
    'cli/model-1/onlinescoring/score.py': '',
    'cli/model-1/environment/conda.yaml': 'dependencies: []\n',
    'cli/sample/endpoint.yml': 'name: e\n',
    'cli/sample/green-deployment.yml': 'code_configuration:\n  code: .\n  scoring_script: none.py\n',
    'cli/sample/blue-deployment.yml': `model:
  path: ../model-1/model/
code_configuration:
  code: ../model-1/onlinescoring/
  scoring_script: score.py
environment:
  conda_file: ../model-1/environment/conda.yaml
  image: mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:latest
environment_variables:
  MODE: fast
  N: 3
data_collector:
  collections:
    model_inputs: {enabled: 'True'}
`,
  };
  const example = (name: string) => path.join(root, 'cli/model-1', name);

  it('takes script, source directory, packages, model and variables from it', async () => {
    await lay(EXAMPLE);
    const { script, python, environment } = await resolve(path.join(root, 'cli/sample'));
    expect(script).toEqual({
      entryScript: example('onlinescoring/score.py'),
      sourceDirectory: example('onlinescoring'),
    });
    expect(python).toMatchObject({
      condaFile: example('environment/conda.yaml'),
      reason: 'named by blue-deployment.yml',
    });
    expect(environment).toMatchObject({
      MODE: 'fast',
      N: '3',
      AZUREML_MODEL_DIR: path.join(root, 'cli/model-1'),
    });
  });

  it('lets flags and variables win', async () => {
    await lay({ ...EXAMPLE, 'own/score.py': '', 'own/requirements.txt': '' });
    const flags = {
      entryScript: path.join(root, 'own/score.py'),
      requirements: path.join(root, 'own/requirements.txt'),
    };
    const { script, python } = await resolve(path.join(root, 'cli/sample'), flags);
    expect(script?.entryScript).toBe(path.join(root, 'own/score.py'));
    expect(python.condaFile).toBeUndefined();
    expect((await resolve(path.join(root, 'cli/sample'), {}, { MODE: 'slow' })).environment.MODE).toBe(
      'slow',
    );
  });

  it('reads the inference configuration of v1', async () => {
    await lay({
      'inferenceconfig.json':
        '{"entryScript": "score.py", "sourceDirectory": "./source", "condaFile": "env.yml"}',
      'source/score.py': '',
      'source/env.yml': 'dependencies: []\n',
    });
    const { script, python } = await resolve();
    expect(script).toEqual({
      entryScript: path.join(root, 'source/score.py'),
      sourceDirectory: path.join(root, 'source'),
    });
    expect(python.condaFile).toBe(path.join(root, 'source/env.yml'));
  });

  it('passes over one that names no script', async () => {
    await lay({ 'deployment.yml': 'code_configuration: [\n', 'inferenceconfig.json': '{', 'score.py': '' });
    expect((await resolve()).script?.entryScript).toBe(path.join(root, 'score.py'));
  });
});

describe('the list of packages', () => {
  it.each([
    ['environment/conda.yml', 'condaFile', 'found in environment'],
    ['env/conda.yaml', 'condaFile', 'found in env'],
    ['code/conda.yml', 'condaFile', 'found in code'],
    ['code/requirements.txt', 'requirementsFile', 'found in code'],
    ['conda_env.yml', 'condaFile', undefined],
  ])('is found at %s', async (file, kind, reason) => {
    await lay({ 'code/score.py': '', [file]: '' });
    const { python } = await resolve();
    expect(python).toMatchObject({ [kind]: path.join(root, file) });
    expect(python.reason).toBe(reason);
  });
});

describe('SCORING_TIMEOUT_MS', () => {
  it.each([
    ['10', 10],
    [' 7 ', 7],
    ['1_0', 10],
    ['1.0', 1],
    ['0', 2_000_000_000],
  ])('%j is %s', async (given, expected) => {
    await lay({ 'score.py': '' });
    expect((await resolve(root, {}, { SCORING_TIMEOUT_MS: given })).workers.scoringTimeoutMs).toBe(expected);
  });

  it.each(['abc', '1.5', ''])("%j is refused in the real server's words", async (given) => {
    await lay({ 'score.py': '' });
    await expect(resolve(root, {}, { SCORING_TIMEOUT_MS: given })).rejects.toThrow(
      'SCORING_TIMEOUT_MS: Input should be a valid integer, unable to parse string as an integer (environment variable: SCORING_TIMEOUT_MS)',
    );
  });
});
