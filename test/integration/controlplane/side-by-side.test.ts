import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newestSdk, type SdkSession, SdkUser } from './azure-sdk.ts';

// The verbs and the SDK work on one workspace: what one creates, the other lists, changes and deletes.
describe.skipIf(!newestSdk)('the az verbs and the SDK', () => {
  let user: SdkUser;
  let sdk: SdkSession;
  beforeAll(async () => {
    user = await SdkUser.create();
    sdk = await user.startSession();
    await user.az.write('endpoint.yml', 'name: by-verb\nauth_mode: key\n');
    await user.az.write(
      'blue.yml',
      'name: blue\nendpoint_name: by-sdk\nmodel: azureml:from-sdk:1\ninstance_type: Standard_DS3_v2\ninstance_count: 1\n',
    );
  });
  afterAll(() => user?.[Symbol.asyncDispose]());

  const names = (entities: string) => sdk.evaluate<string[]>(`[one.name for one in ${entities}]`);

  it('models', async () => {
    await sdk.evaluate(
      'ml_client.models.create_or_update(Model(name="from-sdk", path="models/triton", type="triton_model", tags={"by": "sdk"})).name',
    );
    await user.az.write('model.yml', 'name: from-verb\npath: models/triton\ntype: triton_model\n');
    await user.az.json('model', 'create', '-f', 'model.yml');
    expect(await user.az.json('model', 'show', '-n', 'from-sdk')).toMatchObject({
      name: 'from-sdk',
      tags: { by: 'sdk' },
    });
    expect(await sdk.evaluate('ml_client.models.get("from-verb", "1").type')).toBe('triton_model');
    expect((await names('ml_client.models.list()')).sort()).toEqual(['from-sdk', 'from-verb']);
    const listed = await user.az.json<{ name: string }[]>('model', 'list');
    expect(listed.map(({ name }) => name).sort()).toEqual(['from-sdk', 'from-verb']);
  });

  it('models come back as they were sent, and new content gets the next version', async () => {
    await user.az.write('weights.txt', 'one');
    const register =
      'ml_client.models.create_or_update(Model(name="weights", path="weights.txt", type="custom_model")).version';
    expect(await sdk.evaluate(register)).toBe('1');
    await user.az.write('weights.txt', 'two');
    expect(await sdk.evaluate(register)).toBe('2');
    expect(await sdk.evaluate('ml_client.models.get("weights", label="latest").version')).toBe('2');
    expect(await sdk.evaluate('sorted(one.version for one in ml_client.models.list("weights"))')).toEqual([
      '1',
      '2',
    ]);
    await sdk.evaluate('ml_client.models.download("weights", "1", download_path="got")');
    const { directory } = user.az.project;
    expect(await readFile(path.join(directory, 'got/weights/weights.txt'), 'utf8')).toBe('one');
    await sdk.evaluate('ml_client.models.download("from-verb", "1", download_path="got")');
    const model = 'digits/1/model.onnx';
    const sent = await readFile(path.join(directory, 'models/triton', model));
    expect((await readFile(path.join(directory, 'got/from-verb/triton', model))).equals(sent)).toBe(true);
    await sdk.evaluate('ml_client.models.archive("weights", "2")');
    expect(await sdk.evaluate('[one.version for one in ml_client.models.list("weights")]')).toEqual(['1']);
    await sdk.evaluate('ml_client.models.restore("weights", "2")');
    expect(await sdk.evaluate('len(list(ml_client.models.list("weights")))')).toBe(2);
  });

  it('environments', async () => {
    await sdk.evaluate(
      'ml_client.environments.create_or_update(Environment(name="env-sdk", image="mcr.microsoft.com/any:1", conda_file={"dependencies": ["python", {"pip": ["numpy"]}]})).version',
    );
    expect(await user.az.json('environment', 'show', '-n', 'env-sdk')).toMatchObject({ name: 'env-sdk' });
    await user.az.write('environment.yml', 'name: env-verb\nimage: mcr.microsoft.com/any:1\n');
    await user.az.json('environment', 'create', '-f', 'environment.yml');
    expect(await sdk.evaluate('ml_client.environments.get("env-verb", label="latest").image')).toBe(
      'mcr.microsoft.com/any:1',
    );
    expect(await names('ml_client.environments.list()')).toEqual(
      expect.arrayContaining(['env-sdk', 'env-verb']),
    );
  });

  it('endpoints, deployments, traffic and keys', async () => {
    await user.az.json('online-endpoint', 'create', '-f', 'endpoint.yml');
    await sdk.evaluate(
      'ml_client.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name="by-sdk", tags={"a": "b"})).result().name',
    );
    expect((await names('ml_client.online_endpoints.list()')).sort()).toEqual(['by-sdk', 'by-verb']);
    expect(await user.az.json('online-endpoint', 'show', '-n', 'by-sdk')).toMatchObject({
      name: 'by-sdk',
      auth_mode: 'key',
      tags: { a: 'b' },
      provisioning_state: 'Succeeded',
    });

    await user.az.json('online-deployment', 'create', '-f', 'blue.yml', '--all-traffic');
    expect(await sdk.evaluate('ml_client.online_endpoints.get("by-sdk").traffic')).toEqual({ blue: 100 });
    expect(
      await sdk.evaluate(
        '(lambda it: [it.provisioning_state, it.instance_type, it.model.split("/")[-3:]])(ml_client.online_deployments.get("blue", "by-sdk"))',
      ),
    ).toEqual(['Succeeded', 'Standard_DS3_v2', ['from-sdk', 'versions', '1']]);
    await sdk.evaluate(
      'blue = ml_client.online_deployments.get("blue", "by-sdk"); blue.environment_variables = {"LEVEL": "9"}; ml_client.online_deployments.begin_create_or_update(blue).result().name',
    );
    expect(await user.az.json('online-deployment', 'show', '-n', 'blue', '-e', 'by-sdk')).toMatchObject({
      environment_variables: { LEVEL: '9' },
      provisioning_state: 'Succeeded',
    });

    const credentials = await user.az.json<{ primaryKey: string }>(
      ...['online-endpoint', 'get-credentials', '-n', 'by-sdk'],
    );
    expect(await sdk.evaluate('ml_client.online_endpoints.get_keys("by-sdk").primary_key')).toBe(
      credentials.primaryKey,
    );

    await sdk.evaluate(
      'it = ml_client.online_endpoints.get("by-sdk"); it.traffic = {"blue": 0}; ml_client.online_endpoints.begin_create_or_update(it).result().name',
    );
    const deleted = await user.az.run('online-deployment', 'delete', '-n', 'blue', '-e', 'by-sdk', '--yes');
    expect([deleted.code, deleted.stderr]).toEqual([0, expect.any(String)]);
    expect((await sdk.failureOf('ml_client.online_deployments.get("blue", "by-sdk")')).classes[0]).toBe(
      'ResourceNotFoundError',
    );
    await sdk.evaluate('ml_client.online_endpoints.begin_delete("by-verb").result()');
    await user.az.run('online-endpoint', 'delete', '-n', 'by-sdk', '-y');
    expect(await user.az.json('online-endpoint', 'list')).toEqual([]);
    expect(await names('ml_client.online_endpoints.list()')).toEqual([]);
  });
});
