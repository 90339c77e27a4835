import { fastify } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArmError } from '../../../src/controlplane/arm-error.ts';
import type { ArmContext } from '../../../src/controlplane/context.ts';
import { identityRoutes } from '../../../src/controlplane/identity/identity-routes.ts';
import { issueToken, isValidToken } from '../../../src/workspace/index.ts';

const ORIGIN = 'https://127.0.0.1:25000';
const secrets = { tokenKey: 'key', identityHeader: 'secret', blobSignature: 'sig' };

describe('the identity of the local cloud', () => {
  const app = fastify({ routerOptions: { caseSensitive: false } });
  beforeAll(async () => {
    app.setErrorHandler((error, _request, reply) =>
      reply.code(error instanceof ArmError ? error.status : 400).send({ error: 'refused' }),
    );
    // The routes use nothing else of it.
    await app.register(async (scope) =>
      identityRoutes(scope, { secrets, origin: () => ORIGIN } as ArmContext),
    );
  });
  afterAll(() => app.close());

  it('has metadata whose resource manager is a part of the URL that was asked', async () => {
    const response = await app.inject('/metadata/endpoints?api-version=2019-05-01');
    const [cloud] = response.json();
    expect(cloud).toMatchObject({
      name: 'TritonLocal',
      portal: 'https://portal.azure.com',
      resourceManager: `${ORIGIN}/`,
      authentication: { loginEndpoint: `${ORIGIN}/` },
      suffixes: { storage: 'blob.local' },
    });
    expect(`${ORIGIN}/metadata/endpoints`).toContain(cloud.resourceManager);
  });

  it('issues tokens for any resource to the caller that knows the secret', async () => {
    const url = '/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fml.azure.com&client_id=me';
    const response = await app.inject({ url, headers: { 'X-IDENTITY-HEADER': 'secret', Metadata: 'true' } });
    const answer = response.json();
    expect(answer).toMatchObject({
      resource: 'https://ml.azure.com',
      token_type: 'Bearer',
      client_id: 'me',
      expires_in: '86400',
      expires_on: expect.stringMatching(/^\d{10}$/),
    });
    expect(isValidToken(answer.access_token, secrets.tokenKey)).toBe(true);
    for (const headers of [{}, { 'x-identity-header': '' }, { 'x-identity-header': 'Secret' }])
      expect((await app.inject({ url, headers })).statusCode).toBe(401);
    const noResource = { url: '/msi/token', headers: { 'x-identity-header': 'secret' } };
    expect((await app.inject(noResource)).statusCode).toBe(400);
  });

  it('has the token endpoint of Microsoft Entra, for the same secret', async () => {
    const found = (await app.inject('/adfs/.well-known/openid-configuration')).json();
    expect(found.token_endpoint).toMatch(`${ORIGIN}/`);
    const post = (form: Record<string, string>) =>
      app.inject({
        method: 'POST',
        url: new URL(found.token_endpoint).pathname,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        payload: new URLSearchParams(form).toString(),
      });
    const scope = 'https://management.azure.com/.default offline_access';
    const answer = (await post({ grant_type: 'client_credentials', scope, client_secret: 'secret' })).json();
    expect(answer).toMatchObject({ token_type: 'Bearer', expires_in: 86_400 });
    expect(isValidToken(answer.access_token, secrets.tokenKey)).toBe(true);
    expect((await post({ scope, client_assertion: 'secret' })).statusCode).toBe(200);
    expect((await post({ scope, client_secret: 'real' })).json()).toMatchObject({ error: 'invalid_client' });
    expect((await post({})).statusCode).toBe(401);
  });

  it('lists one subscription and one tenant to callers with a token', async () => {
    const { token } = issueToken(secrets.tokenKey, ORIGIN);
    const headers = { authorization: `Bearer ${token}` };
    const listed = (await app.inject({ url: '/subscriptions?api-version=2022-12-01', headers })).json();
    expect(listed.value).toEqual([
      expect.objectContaining({ state: 'Enabled', displayName: 'triton-local' }),
    ]);
    expect((await app.inject({ url: '/tenants', headers })).json().value).toHaveLength(1);
    expect((await app.inject({ url: '/subscriptions/mine', headers })).json().subscriptionId).toBe('mine');
    for (const url of ['/subscriptions', '/tenants', '/subscriptions/mine'])
      expect((await app.inject(url)).statusCode).toBe(401);
  });

  it('says that there are no registries', async () => {
    const url = '/registrymanagement/v1.0/registries/azureml/discovery?api-version=v1.0';
    expect((await app.inject(url)).statusCode).toBe(404);
  });
});
