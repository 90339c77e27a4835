import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newestSdk, olderSdk, SdkUser } from './azure-sdk.ts';

const NAMES = '[one.name for one in ml_client.online_endpoints.list()]';
const TOKEN = 'get_token("https://management.azure.com/.default").token.count(".")';

/** The end of each test checks that nothing but loopback was looked up. */
describe.skipIf(!newestSdk || !olderSdk)('nothing reaches the real Azure', () => {
  let user: SdkUser;
  beforeEach(async () => {
    user = await SdkUser.create();
  });
  afterEach(() => user[Symbol.asyncDispose]());

  it('with a service principal and a proxy in the environment', async () => {
    Object.assign(user.az.environment, {
      AZURE_TENANT_ID: '11111111-1111-1111-1111-111111111111',
      AZURE_CLIENT_ID: '22222222-2222-2222-2222-222222222222',
      AZURE_CLIENT_SECRET: 'real secret',
      HTTPS_PROXY: 'http://proxy.example:8080',
      https_proxy: 'http://proxy.example:8080',
    });
    const sdk = await user.startSession();
    expect(await sdk.evaluate(NAMES)).toEqual([]);
    expect(await sdk.evaluate('import os\nos.environ.get("AZURE_CLIENT_SECRET")')).toBeNull();
  });

  it('by the credentials that a script can name', async () => {
    const sdk = await user.startSession();
    const credential = (expression: string) =>
      sdk.evaluate(`import os\nfrom azure.identity import *\n${expression}.${TOKEN}`);
    expect(await credential('AzureCliCredential()')).toBe(2);
    expect(await credential('ManagedIdentityCredential(client_id="me")')).toBe(2);
    expect(await credential('ClientSecretCredential("adfs", "me", os.environ["IDENTITY_HEADER"])')).toBe(2);
    const workload = `open("token", "w").write(os.environ["IDENTITY_HEADER"])
WorkloadIdentityCredential(tenant_id="mine", client_id="me", token_file_path="token")`;
    expect(await credential(workload)).toBe(2);
    const refused = await sdk.failureOf(`ClientSecretCredential("adfs", "me", "real secret").${TOKEN}`);
    expect(refused.message).toContain('IDENTITY_HEADER');
  });

  it.each([
    ['newest', newestSdk],
    ['1.12.1', olderSdk],
  ])('when the control plane was killed: azure-ai-ml %s', async (_version, python) => {
    const sdk = await user.startSession(python);
    expect(await sdk.evaluate(NAMES)).toEqual([]);
    const [plane] = await user.az.json<readonly { readonly pid: number }[]>('ps', '--json');
    process.kill(plane?.pid ?? 0, 'SIGKILL');
    const another = 'MLClient(DefaultAzureCredential(), "s", "g", "w").online_endpoints.get("e")';
    expect((await sdk.failureOf(another)).message).toMatch(/Unknown cloud environment .*"TritonLocal"/);
    // The next command has a control plane again, on the same port, and so has this one.
    await user.az.run('exec', '--', process.execPath, '-e', '0');
    const next = await user.startSession(python);
    expect(await next.evaluate(NAMES)).toEqual([]);
    expect(await sdk.evaluate(NAMES)).toEqual([]);
  });
});
