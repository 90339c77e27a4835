import net from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../helpers/free-port.ts';
import { peerPython, runPython } from '../helpers/python.ts';
import { AzureCli } from './azure-cli.ts';
import { type Image, readHeldOut, scoreBody } from './digits.ts';

const AKS = {
  computeType: 'aks',
  gpuCores: 1,
  containerResourceRequirements: { cpu: 1, memoryInGB: 4 },
  authEnabled: true,
};
const DEPLOY = ['model', 'deploy', '--dc', 'deploymentconfig.json', '--compute-target', 'aks-gpu'];

interface Service {
  readonly name: string;
  readonly state: string;
  readonly scoringUri: string;
  readonly error: { readonly message: string } | null;
  readonly [member: string]: unknown;
}

describe.skipIf(!peerPython)('the documented path by az ml', () => {
  let az: AzureCli;
  let image: Image;
  beforeEach(async () => {
    az = await AzureCli.create();
    [image = []] = (await readHeldOut()).images;
    await az.write('deploymentconfig.json', AKS);
    await az.write('inference-config.json', { entryScript: 'score.py', sourceDirectory: '.' });
  });
  afterEach(() => az[Symbol.asyncDispose]());

  const score = (service: Service, key?: string) =>
    fetch(service.scoringUri, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) },
      body: scoreBody(image),
    });
  const keysOf = (name: string) =>
    az.json<{ primaryKey: string; secondaryKey: string }>('service', 'get-keys', '-n', name);
  const show = (name: string) => az.json<Service>('service', 'show', `--name=${name}`);

  it('register, deploy, ask with a key, deploy with a script, ask, delete', async () => {
    const id = await az.registerModel();
    expect(id).toBe('my_triton_model:1');

    // The guide registers one name and deploys another: what the cloud says, and what was meant.
    const mistaken = await az.run(...DEPLOY, '-n', 'triton-webservice', '-m', 'triton_model:1');
    expect(mistaken.code).toBe(1);
    expect(mistaken.stderr).toContain('ModelNotFound: Model with id triton_model:1 not found');
    expect(mistaken.stderr).toContain('my_triton_model');

    const service = await az.json<Service>(...DEPLOY, '-n', 'triton-webservice', '-m', id);
    expect(service).toMatchObject({ state: 'Healthy', computeType: 'AKS', computeName: 'aks-gpu' });
    expect(await show('triton-webservice')).toEqual(service);
    const { primaryKey, secondaryKey } = await keysOf('triton-webservice');
    const ready = `${service.scoringUri}/v2/health/ready`;
    expect((await fetch(ready)).status).toBe(401);
    for (const key of [primaryKey, secondaryKey])
      expect((await fetch(ready, { headers: { authorization: `Bearer ${key}` } })).status).toBe(200);
    const code = `
import json, sys
import numpy, tritonclient.http as http
client = http.InferenceServerClient(url=sys.argv[1][7:])
headers = {"Authorization": "Bearer " + sys.argv[2]}
name = client.get_model_metadata("digits", headers=headers)["inputs"][0]["name"]
data = numpy.array([json.loads(sys.argv[3])], dtype=numpy.float32)
shape = [int(n) for n in client.get_model_metadata("digits", headers=headers)["inputs"][0]["shape"][1:]]
data = data.reshape([1] + shape)
tensor = http.InferInput(name, data.shape, "FP32")
tensor.set_data_from_numpy(data)
print(client.infer("digits", [tensor], headers=headers).as_numpy("probabilities").argmax())
`;
    const digit = Number(await runPython(code, service.scoringUri, primaryKey, JSON.stringify(image)));

    const withScript = await az.json<Service>(
      ...DEPLOY,
      ...[
        '-n',
        'triton-densenet-onnx',
        '-m',
        id,
        '--ic',
        'inference-config.json',
        '-e',
        'My-Triton',
        '--overwrite',
      ],
    );
    expect(withScript.scoringUri).toMatch(/\/score$/);
    expect(new URL(withScript.scoringUri).port).not.toBe(new URL(service.scoringUri).port);
    const other = await keysOf('triton-densenet-onnx');
    expect((await score(withScript, primaryKey)).status).toBe(401);
    expect(await (await score(withScript, other.primaryKey)).json()).toMatchObject({ digit });

    expect((await az.run('model', 'delete', '-i', id)).stderr).toContain('currently being used');
    for (const name of ['triton-webservice', 'triton-densenet-onnx'])
      expect((await az.run('service', 'delete', '-n', name)).code).toBe(0);
    expect(await az.json('service', 'list')).toEqual([]);
    expect((await az.run('service', 'show', '-n', 'triton-webservice')).stderr).toContain(
      'WebserviceNotFound',
    );
    expect((await az.run('model', 'delete', '-i', id)).code).toBe(0);
  });

  it('each script reaches its own engine at localhost:8000, several at once', async () => {
    const id = await az.registerModel();
    await az.project.saveScript(
      'import os, tritonclient.http as http\n' +
        'def init():\n    global client\n    client = http.InferenceServerClient(url="localhost:8000")\n' +
        'def run(data):\n    return {"dir": os.getenv("AZUREML_MODEL_DIR"), "root": os.getcwd(), ' +
        '"models": [m["name"] for m in client.get_model_repository_index()]}\n',
    );
    await az.write('local.json', { computeType: 'LOCAL' });
    const scripted = await az.json<Service>(
      ...[
        'model',
        'deploy',
        '-n',
        'one-local',
        '-m',
        id,
        '--ic',
        'inference-config.json',
        '--dc',
        'local.json',
      ],
    );
    const cloud = await az.json<Service>(
      ...DEPLOY,
      '-n',
      'two-aks',
      '-m',
      id,
      '--ic',
      'inference-config.json',
      '--ae',
      'false',
    );
    const answers = await Promise.all(
      [scripted, cloud].map(async (it) => (await (await score(it)).json()) as Record<string, string>),
    );
    for (const answer of answers) expect(answer.models).toEqual(['digits']);
    expect(answers[0]?.dir).toBe('azureml-models/my_triton_model/1');
    expect(answers[1]?.dir).toBe(path.join(answers[1]?.root ?? '', 'azureml-models/my_triton_model/1'));
    expect(scripted).toMatchObject({ state: 'running', computeType: 'Local', port: expect.any(String) });
    expect((await az.run('service', 'get-keys', '-n', 'one-local')).stderr).toContain(
      'Local web services do not support auth keys.',
    );
  });

  it('a deployment that fails names the place in the own file and leaves the service serving', async () => {
    const id = await az.registerModel();
    const args = [...DEPLOY, '-n', 'steady', '-m', id, '--ic', 'inference-config.json', '--overwrite'];
    const before = await az.json<Service>(...args);
    const { primaryKey } = await keysOf('steady');
    const line = await az.project.saveBroken();
    const failed = await az.run(...args, '--primary-key', 'another-key');
    expect([failed.code, failed.stdout]).toEqual([1, '']);
    expect(failed.stderr).toContain('Service deployment polling reached non-successful terminal state');
    expect(failed.stderr).toContain('CrashLoopBackOff');
    expect(failed.stderr).toContain(`${az.project.script}:${line}`);
    expect((await score(before, primaryKey)).status).toBe(200);
    expect(await show('steady')).toMatchObject({ state: 'Healthy', scoringUri: before.scoringUri });
  });

  it('a first deployment that fails is listed as failed, and its log says why', async () => {
    const id = await az.registerModel();
    const script =
      'def init():\n    print("looking")\n    raise ValueError("no weights")\ndef run(d): pass\n';
    await az.project.saveScript(script);
    const failed = await az.run(...DEPLOY, '-n', 'broken', '-m', id, '--ic', 'inference-config.json');
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/score\.py printed:\n(?: {2}.*\n)* {2}looking\n/);
    expect(await show('broken')).toMatchObject({ state: 'Failed', error: { message: /no weights/ } });
    expect((await az.run('service', 'get-logs', '-n', 'broken')).stdout).toMatch(/no weights/);
    await az.run('service', 'delete', '-n', 'broken');
  });

  it('an overwritten service keeps its port; without --overwrite a name is taken once', async () => {
    const id = await az.registerModel();
    const first = await az.json<Service>(...DEPLOY, '-n', 'again', '-m', id);
    const refused = await az.run(...DEPLOY, '-n', 'again', '-m', id);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('--overwrite')]);
    const second = await az.json<Service>(...DEPLOY, '-n', 'again', '-m', id, '--overwrite');
    expect(second.scoringUri).toBe(first.scoringUri);
    expect(await az.json<unknown[]>('ps', '--json')).toHaveLength(1);
  });

  it('a local service is deployed again, and its port changed by update; its log does not mention ports', async () => {
    const id = await az.registerModel();
    const local = ['model', 'deploy', '-n', 'cell', '-m', id, '--cp', 'local'];
    const first = await az.json<Service>(...local);
    const second = await az.json<Service>(...local, '--tag', 'run=2');
    expect(second).toMatchObject({ scoringUri: first.scoringUri, tags: { run: '2' } });
    const port = await freePort();
    expect(await az.json('service', 'update', '-n', 'cell', '--port', String(port))).toMatchObject({
      port: String(port),
    });
    expect((await az.run('service', 'get-logs', '-n', 'cell')).stdout).not.toContain('has no effect');
    const moved = await az.run('service', 'update', '-n', 'cell', '--compute-target', 'aks');
    expect(moved.stderr).toContain('an update cannot move it');
    expect(await az.json<unknown[]>('ps', '--json')).toHaveLength(1);
  });

  it('deployments at the same time come to ports of their own, those of one name after each other', async () => {
    const id = await az.registerModel();
    const names = ['left', 'right', 'right'];
    const deployed = await Promise.all(
      names.map((name) => az.json<Service>(...DEPLOY, '-n', name, '-m', id, '--overwrite', '--ae', 'false')),
    );
    for (const { scoringUri } of deployed)
      expect((await fetch(`${scoringUri}/v2/health/ready`)).status).toBe(200);
    const uris = (await az.json<Service[]>('service', 'list')).map(({ scoringUri }) => scoringUri);
    expect(new Set(uris).size).toBe(2);
    expect(await az.json<unknown[]>('ps', '--json')).toHaveLength(2);
  });

  it('a new key counts at once, and the old one no more', async () => {
    const service = await az.json<Service>(...DEPLOY, '-n', 'keyed', '-m', await az.registerModel());
    const before = await keysOf('keyed');
    await az.run('service', 'regen-key', '-n', 'keyed', '-k', 'Primary');
    await az.run('service', 'regen-key', '-n', 'keyed', '-k', 'secondary', '-s', 'my-own-key');
    const after = await keysOf('keyed');
    expect(after.secondaryKey).toBe('my-own-key');
    const statusWith = async (key: string) =>
      (await fetch(`${service.scoringUri}/v2`, { headers: { authorization: `Bearer ${key}` } })).status;
    const keys = [before.primaryKey, before.secondaryKey, after.primaryKey, after.secondaryKey];
    expect(await Promise.all(keys.map(statusWith))).toEqual([401, 401, 200, 200]);
    const wrong = await az.run('service', 'regen-key', '-n', 'keyed', '-k', 'third');
    expect(wrong.stderr).toContain('Error, invalid value provided for key: Third.');
  });

  it('a service with tokens takes the newest token', async () => {
    await az.write('tokens.json', { ...AKS, authEnabled: false, tokenAuthEnabled: true });
    const id = await az.registerModel();
    const args = ['model', 'deploy', '-n', 'tokens', '-m', id, '--dc', 'tokens.json', '--ct', 'aks-gpu'];
    const service = await az.json<Service>(...args);
    const { accessToken, tokenType } = await az.json('service', 'get-access-token', '-n', 'tokens');
    expect(tokenType).toBe('Bearer');
    const headers = { authorization: `Bearer ${accessToken}` };
    expect((await fetch(`${service.scoringUri}/v2`, { headers })).status).toBe(200);
    expect((await fetch(`${service.scoringUri}/v2`)).status).toBe(401);
  });

  it('a service is changed and started again by update', async () => {
    const id = await az.registerModel();
    const first = await az.json<Service>(
      ...DEPLOY,
      '-n',
      'changed',
      '-m',
      id,
      '--ic',
      'inference-config.json',
    );
    const open = await az.json<Service>(
      ...[
        'service',
        'update',
        '-n',
        'changed',
        '--auth-enabled',
        'false',
        '--add-tag',
        'team=vision',
        '-d',
        'open',
      ],
    );
    expect(open).toMatchObject({ tags: { team: 'vision' }, description: 'open', authEnabled: false });
    expect((await score(open)).status).toBe(200);
    await az.run('down', '--all');
    expect(await show('changed')).toMatchObject({ state: 'Unhealthy', error: { message: /service update/ } });
    const again = await az.json<Service>('service', 'update', '-n', 'changed');
    expect(again).toMatchObject({ state: 'Healthy', scoringUri: first.scoringUri });
    expect((await score(again)).status).toBe(200);
  });

  it('a service on AKS has its limits: late answers are 504, what waits too long 503, failures 502', async () => {
    await az.project.saveScript(
      'import time\ndef init(): pass\ndef run(data):\n' +
        '    if "image" in data: time.sleep(1)\n    raise ValueError("no")\n',
    );
    const limits = { scoringTimeoutMs: 500, maxQueueWaitMs: 100, authEnabled: false };
    await az.write('deploymentconfig.json', { computeType: 'aks', ...limits });
    const args = ['-n', 'limited', '-m', await az.registerModel(), '--ic', 'inference-config.json'];
    const service = await az.json<Service>(...DEPLOY, ...args);
    const answers = await Promise.all([1, 2].map(() => score(service)));
    expect(answers.map(({ status }) => status).sort()).toEqual([503, 504]);
    const failing = () => fetch(service.scoringUri, { method: 'POST', body: '{}' });
    await expect.poll(async () => (await failing()).status, { timeout: 10_000 }).toBe(502);
  });

  it('a taken port is reported before anything starts', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as net.AddressInfo;
    const id = await az.registerModel();
    const args = ['model', 'deploy', '-n', 'taken', '-m', id, '--cp', 'local', '--port', String(port)];
    const { code, stderr } = await az.run(...args);
    server.close();
    expect(code).toBe(5);
    expect(stderr).toContain('the port you are attempting to use is already in use');
    expect(await az.json('service', 'list')).toEqual([]);
  });

  it('runs one request, prints logs, and cuts its output by --query and --output', async () => {
    const id = await az.registerModel();
    await az.json(...DEPLOY, '-n', 'asked', '-m', id, '--ic', 'inference-config.json');
    const answer = await az.json('service', 'run', '-n', 'asked', '-d', scoreBody(image));
    expect(answer).toHaveProperty('digit');
    const wrong = await az.run('service', 'run', '-n', 'asked', '-d', 'nothing');
    expect(wrong.stderr).toContain('Error: Scoring was unsuccessful.');
    const uri = await az.run('service', 'show', '-n', 'asked', '--query', 'scoringUri', '-o', 'tsv');
    expect(uri.stdout).toMatch(/^http:\/\/localhost:\d+\/score\n$/);
    expect(
      (await az.run('service', 'get-logs', '-n', 'asked', '-l', '3')).stdout.trim().split('\n'),
    ).toHaveLength(3);
    const bad = await az.run('model', 'list', '--query', '[');
    expect(bad.code).toBe(2);
  });
});
