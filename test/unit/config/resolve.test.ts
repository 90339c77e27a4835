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

async function lay(...files: (string | [name: string, content: string])[]): Promise<void> {
  for (const entry of files) {
    const [name, content] = typeof entry === 'string' ? [entry, ''] : entry;
    const file = path.join(root, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

const resolve = (flags = {}, variables = {}, directory = root) =>
  resolveProject({ directory, flags, variables: { TRITON_LOCAL_HOME: '/state', ...variables } });

describe('a Triton that runs elsewhere', () => {
  it('has its keys from a variable, a field a line, and scripts do not see them', async () => {
    const variables = { TRITON_LOCAL_TRITON_HEADER: 'Authorization=Bearer a=b,c\nX-Key=2\n' };
    const { external, environment } = await resolve({ tritonUrl: 'https://box/triton/' }, variables);
    expect(external.headers).toEqual({ Authorization: 'Bearer a=b,c', 'X-Key': '2' });
    expect(environment).not.toHaveProperty('TRITON_LOCAL_TRITON_HEADER');
  });

  it.each([
    ['box:8001', 'grpc://box:8001'],
    ['grpc://box:8001/', 'grpc://box:8001'],
    ['grpcs://box:443', 'grpcs://box:443'],
  ])('has its gRPC at %s', async (given, grpcUrl) => {
    const flags = { tritonUrl: 'http://box:8000', tritonGrpcUrl: given };
    expect(await resolve(flags)).toMatchObject({ external: { grpcUrl }, engine: { choice: 'external' } });
  });
});

describe('what DIR is understood as', () => {
  it.each([
    ['a folder holding models/triton', 'models/triton/digits/1/model.onnx', 'models/triton'],
    ['a folder holding triton', 'triton/digits/config.pbtxt', 'triton'],
    ['a Triton repository', 'digits/config.pbtxt', '.'],
    ['a Triton repository without configurations', 'digits/1/model.onnx', '.'],
    ['a folder whose models folder is a repository', 'models/digits/2/model.onnx', 'models'],
  ])('%s', async (_title, file, repository) => {
    await lay(file);
    const { models } = await resolve();
    expect(models).toEqual({ kind: 'repository', directory: path.join(root, repository) });
  });

  it('one .onnx file, named or alone in its folder', async () => {
    await lay('net.onnx');
    const expected = { kind: 'onnx-file', file: path.join(root, 'net.onnx'), model: 'net' };
    expect((await resolve()).models).toEqual(expected);
    expect((await resolve({}, {}, path.join(root, 'net.onnx'))).models).toEqual(expected);
  });

  it('a script only, its folder being the source directory', async () => {
    await lay(['main.py', 'def init():\n  pass\ndef run(data):\n  return data\n'], 'other.py');
    const { script, models } = await resolve();
    expect(script).toEqual({ entryScript: path.join(root, 'main.py'), sourceDirectory: root });
    expect(models).toBeUndefined();
  });

  it('names what it looked for if it finds neither', async () => {
    await lay('readme.txt');
    await expect(resolve()).rejects.toMatchObject({
      code: 'PROJECT_EMPTY',
      hint: expect.stringContaining('models/triton'),
    });
  });

  it('names a path that does not exist', async () => {
    await expect(resolve({}, {}, path.join(root, 'nowhere'))).rejects.toMatchObject({
      code: 'PROJECT_NOT_FOUND',
      message: expect.stringContaining('nowhere'),
    });
  });
});

describe('which value wins', () => {
  it('flag over variable over triton-local.yaml over default, each with its origin', async () => {
    await lay('score.py', ['triton-local.yaml', 'port: 7001\nhttp-port: 7002\nworkers: 3\n']);
    const config = await resolve(
      { port: '7003' },
      { TRITON_LOCAL_HTTP_PORT: '7004', TRITON_LOCAL_PORT: '1' },
    );
    expect(config).toMatchObject({
      listen: { port: 7003, httpPort: 7004, host: '127.0.0.1' },
      workers: { count: 3 },
    });
    expect(config.origins).toMatchObject({
      port: 'flag',
      httpPort: 'environment',
      workers: 'triton-local.yaml',
      host: 'default',
    });
  });

  it("takes the scoring server's own variables below ours", async () => {
    await lay('score.py');
    expect(await resolve({}, { WORKER_COUNT: '2', SCORING_TIMEOUT_MS: '5000' })).toMatchObject({
      workers: { count: 2, scoringTimeoutMs: 5000 },
    });
    expect(await resolve({ workers: '4' }, { WORKER_COUNT: '2' })).toMatchObject({ workers: { count: 4 } });
    const debugged = await resolve({ debugPython: true }, { WORKER_COUNT: '2', SCORING_TIMEOUT_MS: '5000' });
    expect(debugged).toMatchObject({ workers: { count: 1, workerTimeoutMs: 0 }, python: { debug: true } });
    expect(debugged.workers.scoringTimeoutMs).toBeGreaterThan(86_400_000);
    const env = ['WORKER_COUNT=3', 'WORKER_TIMEOUT=0'];
    const deployed = await resolve({ env }, { WORKER_COUNT: '2', WORKER_TIMEOUT: '20' });
    expect(deployed).toMatchObject({ workers: { count: 3, workerTimeoutMs: 0 } });
    expect((await resolve({}, { WORKER_TIMEOUT: '20' })).workers.workerTimeoutMs).toBe(20_000);
    expect((await resolve({})).workers.workerTimeoutMs).toBe(300_000);
  });

  it('takes a profile with its limits, and a dialect that YAML makes a number of', async () => {
    await lay('score.py', [
      'triton-local.yaml',
      'profile: managed\nprofile-limits:\n  timeoutMs: 90000\ndialect: 2021\n',
    ]);
    expect(await resolve()).toMatchObject({
      scoring: { profile: 'managed', profileLimits: { timeoutMs: 90_000 }, dialect: '2021' },
    });
    const flags = { profile: 'aks', profileLimits: ['concurrent=4', 'waitMs=9'] };
    expect(await resolve(flags)).toMatchObject({
      scoring: { profile: 'aks', profileLimits: { concurrent: 4, waitMs: 9 } },
    });
    for (const wrong of ['timeout=1', 'waitMs=0', 'waitMs=x'])
      await expect(resolve({ profileLimits: [wrong] })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it("takes the scoring server's own file below all variables", async () => {
    await lay('score.py', [
      'config.json',
      '{"SCORING_TIMEOUT_MS": 70, "SERVICE_NAME": "digits", "workspace_name": "w"}',
    ]);
    const { workers, environment } = await resolve({}, { SERVICE_VERSION: '2' });
    expect(workers.scoringTimeoutMs).toBe(70);
    expect(environment).toMatchObject({ SERVICE_NAME: 'digits', SERVICE_VERSION: '2' });
    expect(environment).not.toHaveProperty('workspace_name');
    expect((await resolve({}, { SCORING_TIMEOUT_MS: '5' })).workers.scoringTimeoutMs).toBe(5);
    await lay(['other.json', '{"SCORING_TIMEOUT_MS": 80}']);
    expect((await resolve({}, { AZUREML_CONFIG_FILE: 'other.json' })).workers.scoringTimeoutMs).toBe(80);
    await lay(['config.json', '[1]']);
    await expect(resolve()).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: "the scoring server's config.json is invalid: it is not a JSON object",
      location: { file: path.join(root, 'config.json') },
    });
  });

  it('counts paths in the file from the project, paths in flags from the shell', async () => {
    await lay('src/score.py', ['triton-local.yaml', 'entry-script: src/score.py\n']);
    expect((await resolve()).script?.entryScript).toBe(path.join(root, 'src/score.py'));
  });

  it('gives scripts the environment without the key', async () => {
    await lay('score.py');
    const config = await resolve({ env: ['A=1', 'B=x=y'] }, { TRITON_LOCAL_KEY: 'secret', C: '3' });
    expect(config.environment).toMatchObject({ A: '1', B: 'x=y', C: '3' });
    expect(config.environment).not.toHaveProperty('TRITON_LOCAL_KEY');
    expect(config.scoring.primaryKey).toBe('secret');
  });

  it('prefers a conda file, as Azure ML takes it, over requirements', async () => {
    await lay('score.py', 'requirements.txt');
    expect((await resolve()).python.requirementsFile).toBe(path.join(root, 'requirements.txt'));
    await lay('conda.yml');
    expect((await resolve()).python).toMatchObject({ condaFile: path.join(root, 'conda.yml') });
  });
});

describe("Triton's own arguments", () => {
  const expected = ['--http-thread-count=4', '--log-verbose=1', '--exit-on-error'];

  it.each([
    ['flags', { tritonArgs: ['--http-thread-count=4', 'log-verbose=1', '--exit-on-error'] }, {}, ''],
    [
      'flags with a space',
      { tritonArgs: ['--http-thread-count 4', '--log-verbose 1', 'exit-on-error'] },
      {},
      '',
    ],
    [
      'a variable',
      {},
      { TRITON_LOCAL_TRITON_ARGS: '--http-thread-count=4 --log-verbose=1 --exit-on-error' },
      '',
    ],
    ['a list', {}, {}, 'triton-args: [--http-thread-count=4, log-verbose=1, --exit-on-error]\n'],
    ['a list in camel case', {}, {}, 'tritonArgs: [http-thread-count=4, log-verbose=1, exit-on-error]\n'],
  ])('come from %s', async (_title, flags, variables, yaml) => {
    await lay('score.py', ['triton-local.yaml', yaml]);
    expect((await resolve(flags, variables)).engine.tritonArgs).toEqual(expected);
  });
});

describe('variables that nothing reads', () => {
  it('are warned of, with the one that was meant', async () => {
    await lay('score.py');
    const { warnings } = await resolve(
      {},
      {
        TRITON_LOCAL_ENGIN: 'native',
        TRITON_LOCAL_FANCY_THING: '1',
        TRITON_LOCAL_PORT: '0',
        TRITON_LOCAL_KEY: 'k',
      },
    );
    expect(warnings).toEqual([
      'the variable TRITON_LOCAL_ENGIN has no effect; did you mean TRITON_LOCAL_ENGINE?',
      'the variable TRITON_LOCAL_FANCY_THING has no effect',
    ]);
  });
});

describe('what is refused', () => {
  it.each([
    [{ port: '70000' }, {}, '--port must be a whole number from 0 to 65535, not "70000"'],
    [{ engine: 'fast' }, {}, '--engine must be one of auto, docker, native, embedded, external, not "fast"'],
    [
      {},
      { TRITON_LOCAL_WORKERS: 'many' },
      'TRITON_LOCAL_WORKERS must be a whole number from 1 to 64, not "many"',
    ],
    [{}, { WORKER_TIMEOUT: '1.5' }, 'WORKER_TIMEOUT must be a whole number above 0, not "1.5"'],
    [{}, { WORKER_COUNT: '0' }, 'WORKER_COUNT must be a whole number above 0, not "0"'],
    [{ tritonHeader: ['X-Key:secret'] }, {}, '--triton-header must be of the form NAME=VALUE'],
    [
      { tritonGrpcUrl: 'https://box:8001' },
      {},
      '--triton-grpc-url must be a URL such as grpc://gpu-box:8001, not "https://box:8001"',
    ],
    [{ env: ['novalue'] }, {}, '--env must be of the form NAME=VALUE, not ["novalue"]'],
  ])('%j %j', async (flags, variables, message) => {
    await lay('score.py');
    await expect(resolve(flags, variables)).rejects.toMatchObject({ code: 'CONFIG_INVALID', message });
  });

  it('an unknown key of triton-local.yaml, with file and line', async () => {
    await lay('score.py', ['triton-local.yaml', '# mine\nport: 1\nprot: 2\n']);
    await expect(resolve()).rejects.toMatchObject({
      code: 'CONFIG_FILE_INVALID',
      location: { file: path.join(root, 'triton-local.yaml'), line: 3 },
    });
  });

  it.each([
    ['htpp-port: 1', 'htpp-port', 'http-port'],
    ['modelControlMod: none', 'modelControlMod', 'model-control-mode'],
    ['entry_script: score.py', 'entry_script', 'entry-script'],
  ])('a misspelt key in %s, with the key that was meant', async (yaml, key, meant) => {
    await lay('score.py', ['triton-local.yaml', `${yaml}\n`]);
    await expect(resolve()).rejects.toMatchObject({
      message: `unknown setting "${key}"`,
      hint: expect.stringMatching(new RegExp(`^did you mean ${meant}\\?`)),
      location: { line: 1 },
    });
  });

  it.each([
    [{ engine: 'embeded' }, 'did you mean embedded?'],
    [{ logLevel: 'warn' }, 'did you mean warning?'],
    [{ profileLimits: ['timeoutMS=3'] }, 'did you mean timeoutMs?'],
  ])('a misspelt value in %j, with the one that was meant', async (flags, hint) => {
    await lay('score.py');
    await expect(resolve(flags)).rejects.toMatchObject({ code: 'CONFIG_INVALID', hint });
  });

  it.each([
    ['--http-port=1', 'use --http-port'],
    ['model-repository=/models', 'use --models'],
    ['--model-control-mode poll', 'use --model-control-mode'],
  ])("Triton's own %s, which is ours to set", async (argument, instead) => {
    await lay('score.py');
    await expect(resolve({ tritonArgs: [argument] })).rejects.toMatchObject({
      message: expect.stringMatching(new RegExp(`^--triton-arg cannot set --.*: ${instead}`)),
    });
  });

  it('broken YAML, with its line', async () => {
    await lay('score.py', ['triton-local.yaml', 'port: 1\nworkers: [1\n']);
    await expect(resolve()).rejects.toMatchObject({ code: 'CONFIG_FILE_INVALID', location: { line: 3 } });
  });

  it('a flag that names a file that is not there', async () => {
    await lay('score.py');
    await expect(resolve({ entryScript: 'missing.py' })).rejects.toThrow(
      /^No such file or directory\. The entry script .*missing\.py does not exist$/,
    );
  });
});
