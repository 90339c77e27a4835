import { cp } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newestSdk, type SdkSession, SdkUser } from './azure-sdk.ts';

/** Code that deploys what the arguments say, beside an endpoint that is there. */
const deploy = (name: string, args: string) =>
  `ml_client.online_deployments.begin_create_or_update(ManagedOnlineDeployment(
    name="${name}", endpoint_name="failing", instance_type="Standard_DS3_v2", instance_count=1, ${args}
)).result()`;
const SCRIPT =
  'code_configuration=CodeConfiguration(code="code", scoring_script="score.py"), environment="azureml:AzureML-Triton@latest"';

// The classes are those that the SDK raises for the cloud's answers, docs/reference/azure-sdk-v2.md#errors.
describe.skipIf(!newestSdk)('what the SDK raises when something is wrong', () => {
  let user: SdkUser;
  let sdk: SdkSession;
  beforeAll(async () => {
    user = await SdkUser.create();
    sdk = await user.startSession();
    await user.az.write('empty.json', '{}');
    await cp(path.join(user.az.project.directory, 'models/triton'), `${user.az.project.directory}/broken`, {
      recursive: true,
    });
    await user.az.write('broken/digits/1/model.onnx', 'not a model');
    await sdk.evaluate(
      'ml_client.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name="failing")).result().name',
    );
  });
  afterAll(() => user?.[Symbol.asyncDispose]());

  const saveCode = (text: string) => user.az.write('code/score.py', text);

  it('init() that raises: file, line and log are in the message, and the deployment has failed', async () => {
    await saveCode(
      'import sys\n\ndef init():\n    print("loading weights")\n    raise ValueError("no weights\\n- expected: 3\\n- got: 2")\n\ndef run(data): pass\n',
    );
    const { classes, message } = await sdk.failureOf(deploy('blue', SCRIPT));
    expect(classes[0]).toBe('HttpResponseError');
    for (const part of [
      "User's init function failed: ValueError: no weights",
      '- got: 2',
      'score.py:5',
      'loading weights',
    ])
      expect(message).toContain(part);
    expect(await sdk.evaluate('ml_client.online_deployments.get("blue", "failing").provisioning_state')).toBe(
      'Failed',
    );
    expect(await sdk.evaluate('ml_client.online_deployments.get_logs("blue", "failing", 100)')).toContain(
      'loading weights',
    );
  });

  it('a failed deployment is repaired by deploying again', async () => {
    await saveCode('def init(): pass\n\ndef run(data): return 7\n');
    expect(await sdk.evaluate(`${deploy('blue', SCRIPT)}.provisioning_state`)).toBe('Succeeded');
    await sdk.evaluate('ml_client.online_deployments.begin_delete("blue", "failing").result()');
    expect(await sdk.evaluate('[one.name for one in ml_client.online_deployments.list("failing")]')).toEqual(
      [],
    );
  });

  it('run() that raises: the answer of the model, as the cloud passes it on', async () => {
    await saveCode('def init(): pass\n\ndef run(data): raise ValueError("no digit")\n');
    await sdk.evaluate(`${deploy('green', SCRIPT)}.name`);
    const { classes, message } = await sdk.failureOf(
      'ml_client.online_endpoints.invoke("failing", deployment_name="green", request_file="empty.json")',
    );
    expect(classes).toContain('Exception');
    // The real scoring server says no more to its clients; the log has the rest.
    expect(message).toContain('An unexpected error occurred in scoring script.');
    expect(await sdk.evaluate('ml_client.online_deployments.get_logs("green", "failing", 100)')).toContain(
      'no digit',
    );
  });

  it.each<[title: string, code: string, classes: string, parts: readonly string[]]>([
    [
      'an endpoint that is not there',
      'ml_client.online_endpoints.get("nowhere")',
      'ResourceNotFoundError',
      ['nowhere'],
    ],
    [
      'a deployment to an endpoint that is not there',
      deploy('blue', SCRIPT).replace('"failing"', '"nowhere"'),
      'ResourceNotFoundError',
      ['nowhere'],
    ],
    [
      'a deployment that is not there',
      'ml_client.online_deployments.get("purple", "failing")',
      'ResourceNotFoundError',
      ['purple'],
    ],
    [
      'the logs of a deployment that is not there',
      'ml_client.online_deployments.get_logs("purple", "failing", 10)',
      'ResourceNotFoundError',
      ['purple'],
    ],
    [
      'a model that is not there',
      'ml_client.models.get("nothing", "3")',
      'ResourceNotFoundError',
      ['nothing'],
    ],
    [
      'a deployment of a model that is not registered',
      deploy('blue', 'model="azureml:nothing:3"'),
      'HttpResponseError',
      ['nothing', '3'],
    ],
    [
      'a model that Triton refuses',
      deploy('blue', 'model=Model(path="broken", type="triton_model")'),
      'HttpResponseError',
      ['digits', 'model.onnx'],
    ],
    [
      'a script that is not there',
      deploy(
        'blue',
        'code_configuration=CodeConfiguration(code="code", scoring_script="absent.py"), environment="azureml:AzureML-Triton@latest"',
      ),
      'MlException',
      ['absent.py'],
    ],
    [
      'an illegal name',
      'ml_client.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name="a_b_c")).result()',
      'Exception',
      ['must start with an upper- or lowercase letter'],
    ],
    [
      'traffic to a deployment that is not there',
      'ml_client.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name="failing", traffic={"red": 100})).result()',
      'HttpResponseError',
      ['red'],
    ],
    [
      'a model of a registry',
      deploy('blue', 'model="azureml://registries/azureml/models/any/versions/1"'),
      'HttpResponseError',
      ['registries'],
    ],
    [
      'a registry',
      'MLClient(DefaultAzureCredential(), registry_name="azureml").models.get("any", "1")',
      'Exception',
      [],
    ],
    ['jobs', 'list(ml_client.jobs.list())', 'HttpResponseError', ['not emulated']],
    ['batch endpoints', 'list(ml_client.batch_endpoints.list())', 'HttpResponseError', ['not emulated']],
    [
      'keys of an endpoint that is not there',
      'ml_client.online_endpoints.get_keys("nowhere")',
      'ResourceNotFoundError',
      ['nowhere'],
    ],
    [
      'a request to a deployment that is not there',
      'ml_client.online_endpoints.invoke("failing", deployment_name="purple", request_file="empty.json")',
      'ValidationException',
      ['purple'],
    ],
    [
      'other content under the version of a model',
      'ml_client.models.create_or_update(Model(name="fixed", version="1", path="models/triton", type="triton_model")); ml_client.models.create_or_update(Model(name="fixed", version="1", path="broken", type="triton_model"))',
      'ResourceExistsError',
      ['fixed'],
    ],
  ])('%s', async (_, code, expected, parts) => {
    const { classes, message } = await sdk.failureOf(code);
    expect(classes).toContain(expected);
    for (const part of parts) expect(message).toContain(part);
  });

  it('leaves nothing half-made that is listed as Succeeded', async () => {
    const states = await sdk.evaluate<[string, string][]>(
      '[[one.name, one.provisioning_state] for one in ml_client.online_deployments.list("failing")]',
    );
    expect(Object.fromEntries(states)).toEqual({ green: 'Succeeded', blue: 'Failed' });
  });
});
