import { cp } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { peerPython, runPython } from '../helpers/python.ts';
import { AzureCli } from './azure-cli.ts';
import { type Image, readHeldOut, scoreBody } from './digits.ts';

const ENDPOINT = 'name: my-endpoint\nauth_mode: key\n';
const BLUE = `
name: blue
endpoint_name: my-endpoint
model:
  name: digits-model
  version: 1
  path: ./v2-models
  type: triton_model
instance_type: Standard_NC4as_T4_v3
instance_count: 1
`;
const GREEN = `
name: green
endpoint_name: my-endpoint
model: azureml:digits-model@latest
code_configuration:
  code: .
  scoring_script: score.py
environment: azureml:AzureML-Triton@latest
environment_variables:
  LEVEL: "1"
instance_type: Standard_DS3_v2
instance_count: 1
`;

/** The script sleeps on for the requests that were given up. */
const AFTER_THE_SLEEPERS = { timeout: 20_000, interval: 200 };

interface Endpoint {
  readonly scoring_uri: string;
  readonly traffic: Readonly<Record<string, number>>;
  readonly [member: string]: unknown;
}

describe.skipIf(!peerPython)('the documented path by v2 YAML', () => {
  let az: AzureCli;
  let image: Image;
  beforeEach(async () => {
    az = await AzureCli.create();
    [image = []] = (await readHeldOut()).images;
    const { directory } = az.project;
    await cp(path.join(directory, 'models/triton'), path.join(directory, 'v2-models'), { recursive: true });
    await az.write('endpoint.yml', ENDPOINT);
    await az.write('blue.yml', BLUE);
    await az.write('green.yml', GREEN);
  });
  afterEach(() => az[Symbol.asyncDispose]());

  const createEndpoint = (...more: string[]) =>
    az.json<Endpoint>('online-endpoint', 'create', '-f', 'endpoint.yml', ...more);
  const deploy = (file: string, ...more: string[]) =>
    az.json('online-deployment', 'create', '--file', file, ...more);
  const show = () => az.json<Endpoint>('online-endpoint', 'show', '-n', 'my-endpoint');
  const primaryKey = async () =>
    (await az.json<{ primaryKey: string }>('online-endpoint', 'get-credentials', '-n', 'my-endpoint'))
      .primaryKey;
  const score = (uri: string, key: string, deployment?: string) =>
    fetch(new URL('/score', uri), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${key}`,
        ...(deployment && { 'azureml-model-deployment': deployment }),
      },
      body: scoreBody(image),
    });

  it('create, deploy Triton alone, ask with a key, split the traffic, delete', async () => {
    const empty = await createEndpoint();
    expect(empty).toMatchObject({ auth_mode: 'key', provisioning_state: 'Succeeded', traffic: {} });
    expect(empty.scoring_uri).toMatch(/^http:\/\/localhost:\d+\/score$/);
    const key = await primaryKey();
    expect((await score(empty.scoring_uri, key)).status).toBe(404);

    expect(await deploy('blue.yml', '--all-traffic', '--local')).toMatchObject({
      name: 'blue',
      model: 'azureml:digits-model:1',
      provisioning_state: 'Succeeded',
    });
    const { scoring_uri: uri } = await show();
    expect(uri).toMatch(/^http:\/\/localhost:\d+\/$/);
    const code = `
import json, sys
import numpy, tritonclient.http as http
client = http.InferenceServerClient(url=sys.argv[1][7:].rstrip("/"))
headers = {"Authorization": "Bearer " + sys.argv[2]}
assert client.is_server_ready(headers=headers) and client.is_model_ready("digits", headers=headers)
meta = client.get_model_metadata("digits", headers=headers)["inputs"][0]
data = numpy.array([json.loads(sys.argv[3])], dtype=numpy.float32).reshape([1] + [int(n) for n in meta["shape"][1:]])
tensor = http.InferInput(meta["name"], data.shape, "FP32")
tensor.set_data_from_numpy(data)
print(client.infer("digits", [tensor], headers=headers).as_numpy("probabilities").argmax())
`;
    const digit = Number(await runPython(code, uri, key, JSON.stringify(image)));
    const refused = await fetch(`${uri}v2/health/ready`);
    expect([refused.status, refused.headers.get('azureml-model-deployment')]).toEqual([401, 'blue']);

    await deploy('green.yml');
    const byHeader = await score(uri, key, 'green');
    expect(byHeader.headers.get('azureml-model-deployment')).toBe('green');
    expect(await byHeader.json()).toMatchObject({ digit });
    await az.write('request.json', scoreBody(image));
    const invoke = ['online-endpoint', 'invoke', '-n', 'my-endpoint', '-r', 'request.json', '-d', 'green'];
    expect(JSON.parse(await az.json<string>(...invoke))).toMatchObject({ digit });

    const split = await az.json<Endpoint>(
      ...['online-endpoint', 'update', '--name', 'my-endpoint', '--traffic', 'blue=50 green=50'],
    );
    expect(split.traffic).toEqual({ blue: 50, green: 50 });
    const seen = new Map<string, number>();
    for (let n = 0; n < 60; n += 1) {
      const answer = await fetch(new URL('/', uri), { headers: { authorization: `Bearer ${key}` } });
      const name = answer.headers.get('azureml-model-deployment') ?? '';
      seen.set(name, (seen.get(name) ?? 0) + 1);
    }
    for (const name of ['blue', 'green']) expect(seen.get(name)).toBeGreaterThan(10);

    const busy = await az.run('online-deployment', 'delete', '-n', 'blue', '-e', 'my-endpoint', '--yes');
    expect([busy.code, busy.stderr]).toEqual([1, expect.stringContaining('50% of the traffic')]);
    await az.json('online-endpoint', 'update', '-n', 'my-endpoint', '--traffic', 'blue=0', 'green=100');
    await az.run('online-deployment', 'delete', '-n', 'blue', '-e', 'my-endpoint', '--yes');
    expect((await az.json<unknown[]>('online-deployment', 'list', '-e', 'my-endpoint')).length).toBe(1);
    expect((await az.run('online-endpoint', 'delete', '-n', 'my-endpoint', '-y')).code).toBe(0);
    expect(await az.json('ps', '--json')).toEqual([]);
  });

  it('an update loses no request, and one that fails leaves the deployment serving', async () => {
    const { scoring_uri: uri } = await createEndpoint();
    await deploy('green.yml', '--all-traffic').catch(() => undefined);
    await deploy('blue.yml');
    await deploy('green.yml', '--all-traffic');
    const key = await primaryKey();
    const statuses: number[] = [];
    let going = true;
    const asking = (async () => {
      while (going) statuses.push((await score(uri, key)).status);
    })();
    await az.project.saveEdition('second');
    const args = ['online-deployment', 'update', '-f', 'green.yml', '--set', 'environment_variables.LEVEL=2'];
    await az.json(...args);
    going = false;
    await asking;
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(await (await score(uri, key)).json()).toMatchObject({ edition: 'second' });

    const line = await az.project.saveBroken();
    const failed = await az.run(...args);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain(`score.py:${line}`);
    expect(await (await score(uri, key)).json()).toMatchObject({ edition: 'second' });
    const shown = await az.json('online-deployment', 'show', '-n', 'green', '-e', 'my-endpoint');
    expect(shown).toMatchObject({ provisioning_state: 'Succeeded', environment_variables: { LEVEL: 2 } });
    const logs = await az.run('online-deployment', 'get-logs', '-n', 'green', '-e', 'my-endpoint', '-l', '5');
    expect(logs.stdout).toContain('score.py');
  });

  it('a new key counts from the next request on', async () => {
    const { scoring_uri: uri } = await createEndpoint();
    const before = await primaryKey();
    await az.json('online-endpoint', 'regenerate-keys', '-n', 'my-endpoint', '--key-type', 'primary');
    const after = await primaryKey();
    expect([(await score(uri, before)).status, (await score(uri, after)).status]).toEqual([401, 404]);
  });

  it('has the limits and codes of managed endpoints, unless it is local or has no profile', async () => {
    const { scoring_uri: uri } = await createEndpoint();
    await az.project.saveScript(
      'import time\ndef init(): pass\ndef run(data):\n' +
        '    if "image" in data: time.sleep(2)\n    raise ValueError("no")\n',
    );
    await az.write(
      'green.yml',
      `${GREEN}request_settings:\n  request_timeout_ms: 1000\n  max_queue_wait_ms: 5000\n`.replace(
        /model: .*\n/,
        '',
      ),
    );
    await deploy('green.yml', '--all-traffic');
    const key = await primaryKey();
    const answers = await Promise.all([1, 2, 3].map(() => score(uri, key)));
    expect(answers.map(({ status }) => status).sort()).toEqual([408, 408, 429]);
    expect(new Set(answers.map((it) => it.headers.get('azureml-model-deployment')))).toEqual(
      new Set(['green']),
    );
    const late = answers.find(({ status }) => status === 408);
    expect(await late?.text()).toContain('request_timeout_ms (1000 ms)');
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    await expect
      .poll(async () => {
        const answer = await fetch(uri, { method: 'POST', headers, body: '{}' });
        return [answer.status, answer.headers.get('ms-azureml-model-error-statuscode')];
      }, AFTER_THE_SLEEPERS)
      .toEqual([424, '500']);

    await deploy('green.yml', '--local');
    const patient = await Promise.all([1, 2].map(() => score(uri, key)));
    expect(patient.map(({ status }) => status)).toEqual([500, 500]);
    const changed = await az.run(...'online-endpoint update -n my-endpoint --profile none'.split(' '));
    expect(changed.stderr).toContain('applies to each deployment from its next update');
    await deploy('green.yml');
    expect((await score(uri, key)).status).toBe(500);
  });

  // The texts are azure-ai-ml 1.35's.
  it.each([
    ['endpoint.yml', 'name: ab\n', 'must be at least 3 and at most 32 characters long'],
    ['endpoint.yml', 'name: 1abc\n', 'String does not match expected pattern'],
    ['endpoint.yml', 'name: abc\nauth_mode: none\n', "Value 'none' passed is not in set"],
    ['endpoint.yml', 'auth_mode: key\n', 'name: Missing data for required field.'],
    [
      'endpoint.yml',
      'name: abc\ntraffic:\n  blue: 60\n',
      'The deployment blue that gets traffic does not exist',
    ],
    ['endpoint.yml', 'name: abc\n\tauth_mode: key\n', 'endpoint.yml:2'],
    ['endpoint.yml', 'name: abc\ntraffic: {blue: 60, green: 60}\n', 'Traffic rule percentages must sum'],
    ['endpoint.yml', 'name: abc\nnonsense: 1\n', 'nonsense: Unknown field.'],
    [
      'blue.yml',
      'name: blue\nendpoint_name: nowhere\ninstance_type: any\n',
      'The endpoint nowhere was not found.',
    ],
    ['blue.yml', 'name: blue\nendpoint_name: abc\n', 'instance_type: Missing data for required field.'],
    ['blue.yml', 'name: blue\n', 'endpoint_name: Missing data for required field.'],
  ])('%s with %j is refused, and nothing is started', async (file, content, message) => {
    await az.write(file, content);
    const group = file === 'endpoint.yml' ? 'online-endpoint' : 'online-deployment';
    const { code, stdout, stderr } = await az.run(group, 'create', '-f', file);
    expect([code, stdout]).toEqual([expect.any(Number), '']);
    expect(code).not.toBe(0);
    expect(stderr).toContain(message);
    expect(await az.json('ps', '--json')).toEqual([]);
  });
});
