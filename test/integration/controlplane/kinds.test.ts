import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newestSdk, type SdkSession, SdkUser } from './azure-sdk.ts';

/** Python: the status of a GET below the endpoint's scoring URI, with a bearer token or without. */
const STATUS = `
import ssl, urllib.error, urllib.parse, urllib.request

def status(endpoint, path, token=None):
    url = urllib.parse.urljoin(ml_client.online_endpoints.get(endpoint).scoring_uri, path)
    headers = {"Authorization": "Bearer " + token} if token else {}
    try:
        return urllib.request.urlopen(urllib.request.Request(url, headers=headers)).status
    except urllib.error.HTTPError as error:
        return error.code

def create(endpoint, deployment):
    ml_client.online_endpoints.begin_create_or_update(endpoint).result()
    made = ml_client.online_deployments.begin_create_or_update(deployment).result()
    endpoint.traffic = {deployment.name: 100}
    ml_client.online_endpoints.begin_create_or_update(endpoint).result()
    return made
`;
const MODEL = 'model=Model(path="models/triton", type="triton_model")';
const SIZE = 'instance_type="Standard_DS3_v2", instance_count=1';

describe.skipIf(!newestSdk)('kinds of endpoints and deployments', () => {
  let user: SdkUser;
  let sdk: SdkSession;
  beforeAll(async () => {
    user = await SdkUser.create();
    sdk = await user.startSession();
    await sdk.evaluate(STATUS);
  });
  afterAll(() => user?.[Symbol.asyncDispose]());

  it.each([
    ['aml_token', 'ml_client.online_endpoints.get_keys("secured").access_token'],
    ['aad_token', 'ml_client.online_endpoints.get_keys("secured").access_token'],
  ])('%s', async (mode, token) => {
    await sdk.evaluate(
      `create(ManagedOnlineEndpoint(name="secured", auth_mode="${mode}"), ManagedOnlineDeployment(name="blue", endpoint_name="secured", ${MODEL}, ${SIZE})).name`,
    );
    expect(await sdk.evaluate('ml_client.online_endpoints.get("secured").auth_mode')).toBe(mode);
    expect(await sdk.evaluate('status("secured", "/v2/health/ready")')).toBe(401);
    expect(await sdk.evaluate('status("secured", "/v2/health/ready", "wrong")')).toBe(401);
    expect(await sdk.evaluate(`status("secured", "/v2/health/ready", ${token})`)).toBe(200);
    await sdk.evaluate('ml_client.online_endpoints.begin_delete("secured").result()');
  });

  it('a Kubernetes endpoint', async () => {
    await sdk.evaluate(
      'from azure.ai.ml import load_compute; ml_client.begin_create_or_update(load_compute(source=None, params_override=[{"name": "aks1"}, {"type": "kubernetes"}, {"resource_id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/mine"}])).result().name',
    );
    await sdk.evaluate(
      `create(KubernetesOnlineEndpoint(name="cluster", compute="aks1"), KubernetesOnlineDeployment(name="blue", endpoint_name="cluster", ${MODEL}, instance_count=1, resources=ResourceRequirementsSettings(requests=ResourceSettings(cpu="100m", memory="0.5Gi"), limits=ResourceSettings(cpu="1", memory="1Gi")))).name`,
    );
    expect(
      await sdk.evaluate(
        '[type(ml_client.online_endpoints.get("cluster")).__name__, type(ml_client.online_deployments.get("blue", "cluster")).__name__, ml_client.online_endpoints.get("cluster").compute.split("/")[-1], ml_client.online_deployments.get("blue", "cluster").resources.requests.memory]',
      ),
    ).toEqual(['KubernetesOnlineEndpoint', 'KubernetesOnlineDeployment', 'aks1', '0.5Gi']);
    const key = 'ml_client.online_endpoints.get_keys("cluster").primary_key';
    expect(await sdk.evaluate(`status("cluster", "/v2/health/ready", ${key})`)).toBe(200);
    expect(await sdk.evaluate('{one.name: one.type for one in ml_client.compute.list()}')).toEqual({
      aks1: 'kubernetes',
    });
    await sdk.evaluate('ml_client.online_endpoints.begin_delete("cluster").result()');
  });

  it('a container of Triton with its routes', async () => {
    await sdk.evaluate(`
routes = {
    "liveness_route": {"port": 8000, "path": "/v2/health/live"},
    "readiness_route": {"port": 8000, "path": "/v2/health/ready"},
    "scoring_route": {"port": 8000, "path": "/"},
}
container = Environment(name="triton", image="nvcr.io/nvidia/tritonserver:24.10-py3", inference_config=routes)
create(ManagedOnlineEndpoint(name="container"), ManagedOnlineDeployment(
    name="blue", endpoint_name="container", environment=container, model_mount_path="/models",
    model=Model(path="models/triton/digits"), ${SIZE})).name`);
    const key = 'ml_client.online_endpoints.get_keys("container").primary_key';
    expect(await sdk.evaluate(`status("container", "/v2/models/digits/ready", ${key})`)).toBe(200);
    expect(await sdk.evaluate('ml_client.online_endpoints.get("container").scoring_uri')).toMatch(
      /^https:\/\/127\.0\.0\.1:\d+\/$/,
    );
    expect(
      await sdk.evaluate('ml_client.environments.get("triton", "1").inference_config.scoring_route.port'),
    ).toBe(8000);
    await sdk.evaluate('ml_client.online_endpoints.begin_delete("container").result()');
  });

  it('an environment with a build context, and collected data', async () => {
    await user.az.write('score.py', 'def init(): pass\n\ndef run(data): return 1\n');
    await user.az.write('Dockerfile', 'FROM mcr.microsoft.com/any\n');
    await sdk.evaluate(
      'env = ml_client.environments.create_or_update(Environment(name="built", build=BuildContext(path=".", dockerfile_path="Dockerfile")))',
    );
    expect(await sdk.evaluate('env.build.dockerfile_path')).toBe('Dockerfile');
    await sdk.evaluate(
      `create(ManagedOnlineEndpoint(name="collected"), ManagedOnlineDeployment(name="blue", endpoint_name="collected", environment=env, code_configuration=CodeConfiguration(code=".", scoring_script="score.py"), data_collector=DataCollector(collections={"model_inputs": DeploymentCollection(enabled="true"), "model_outputs": DeploymentCollection(enabled="true")}), ${SIZE})).name`,
    );
    await user.az.write('empty.json', '{}');
    expect(
      await sdk.evaluate('ml_client.online_endpoints.invoke("collected", request_file="empty.json")'),
    ).toBe('1');
    expect(
      await sdk.evaluate(
        'sorted(ml_client.online_deployments.get("blue", "collected").data_collector.collections)',
      ),
    ).toEqual(['model_inputs', 'model_outputs']);
    await sdk.evaluate('ml_client.online_endpoints.begin_delete("collected").result()');
  });
});
