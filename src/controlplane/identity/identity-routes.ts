import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { issueToken, isValidToken, LOCAL_SUBSCRIPTION, LOCAL_TENANT } from '../../workspace/index.ts';
import { ArmError } from '../arm-error.ts';
import type { ArmContext, ArmRoutes } from '../context.ts';
import { cloudMetadata } from './cloud-metadata.ts';

/** What azure-identity sends for a managed identity that is chosen by its client id. */
interface TokenQuery {
  readonly resource: string;
  readonly client_id?: string;
}

const TOKEN_QUERY = {
  type: 'object',
  required: ['resource'],
  properties: { resource: { type: 'string', minLength: 1 }, client_id: { type: 'string' } },
};

/**
 * The cloud's metadata, its token services (managed identities of App Service, and OAuth 2.0 for service principals),
 * and the subscriptions and tenants that azure-cli asks for.
 */
export const identityRoutes: ArmRoutes = (app, context) => {
  app.get('/metadata/endpoints', async () => [cloudMetadata(context.origin())]);
  addManagedIdentity(app, context);
  addOAuth(app, context);
  addSubscriptions(app, context);
  app.get('/registrymanagement/v1.0/registries/:registry/discovery', async () => {
    throw new ArmError(
      404,
      'RegistryNotFound',
      'Registries are not emulated by triton-local: use models and environments of the workspace.',
    );
  });
};

/** The token service of App Service: `GET /msi/token` with a secret in a header. */
function addManagedIdentity(app: FastifyInstance, { secrets }: ArmContext): void {
  app.get<{ Querystring: TokenQuery }>(
    '/msi/token',
    { schema: { querystring: TOKEN_QUERY } },
    async (request, reply) => {
      const sent = request.headers['x-identity-header'];
      if (typeof sent !== 'string' || !isSame(sent, secrets.identityHeader)) return refuseCaller(reply);
      const { resource, client_id } = request.query;
      const { token, expiresOn, expiresIn } = issueToken(secrets.tokenKey, resource);
      return {
        access_token: token,
        expires_on: String(expiresOn),
        expires_in: String(expiresIn),
        resource,
        token_type: 'Bearer',
        client_id: client_id ?? '00000000-0000-0000-0000-000000000000',
      };
    },
  );
}

/**
 * The token service of Microsoft Entra, for service principals and workload identities. It knows no principals: the
 * client's secret, or its federated token, must be the secret of the managed identity (`IDENTITY_HEADER`), since every
 * user of this machine can reach the port.
 */
function addOAuth(app: FastifyInstance, { secrets, origin }: ArmContext): void {
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  );
  const configuration = async () => {
    const base = `${origin()}/${LOCAL_TENANT}`;
    return {
      issuer: `${base}/v2.0`,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      token_endpoint: `${base}/oauth2/v2.0/token`,
      device_authorization_endpoint: `${base}/oauth2/v2.0/devicecode`,
      jwks_uri: `${base}/discovery/v2.0/keys`,
      response_types_supported: ['code'],
      subject_types_supported: ['pairwise'],
      id_token_signing_alg_values_supported: ['RS256'],
    };
  };
  app.get('/:tenant/v2.0/.well-known/openid-configuration', configuration);
  app.get('/:tenant/.well-known/openid-configuration', configuration);
  const token = async ({ body }: FastifyRequest, reply: FastifyReply) => {
    const form = (body ?? {}) as Readonly<Record<string, string>>;
    const sent = form.client_secret ?? form.client_assertion ?? '';
    if (!isSame(sent, secrets.identityHeader)) {
      const error_description =
        'triton-local issues tokens for the secret in IDENTITY_HEADER only; DefaultAzureCredential() needs none';
      return reply.code(401).send({ error: 'invalid_client', error_description });
    }
    const resource = form.resource ?? form.scope?.split(' ')[0]?.replace(/\/\.default$/, '') ?? '';
    const { token: access_token, expiresIn: expires_in } = issueToken(secrets.tokenKey, resource);
    return { token_type: 'Bearer', expires_in, ext_expires_in: expires_in, access_token };
  };
  app.post('/:tenant/oauth2/v2.0/token', token);
  app.post('/:tenant/oauth2/token', token);
}

/** azure-cli lists the tenants and subscriptions of an account when it logs in. */
function addSubscriptions(app: FastifyInstance, { secrets }: ArmContext): void {
  const subscription = (name: string) => ({
    id: `/subscriptions/${name}`,
    subscriptionId: name,
    displayName: 'triton-local',
    state: 'Enabled',
    tenantId: LOCAL_TENANT,
    homeTenantId: LOCAL_TENANT,
    authorizationSource: 'RoleBased',
    managedByTenants: [],
  });
  app.register(async (scope) => {
    scope.addHook('onRequest', async ({ headers }) => requireToken(headers.authorization, secrets.tokenKey));
    scope.get('/subscriptions', async () => ({ value: [subscription(LOCAL_SUBSCRIPTION)] }));
    scope.get<{ Params: { subscription: string } }>('/subscriptions/:subscription', async ({ params }) =>
      subscription(params.subscription),
    );
    scope.get('/tenants', async () => ({
      value: [{ id: `/tenants/${LOCAL_TENANT}`, tenantId: LOCAL_TENANT, displayName: 'triton-local' }],
    }));
  });
}

/** @throws ArmError 401 unless the field carries a token of the local token service. */
function requireToken(authorization: string | undefined, tokenKey: string): void {
  const token = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined || !isValidToken(token, tokenKey))
    throw new ArmError(
      401,
      'AuthenticationFailed',
      'Authentication failed: the access token is missing or invalid.',
    );
}

function refuseCaller(reply: FastifyReply): FastifyReply {
  const message = 'X-IDENTITY-HEADER must be the value of IDENTITY_HEADER, which triton-local exec sets';
  return reply.code(401).send({ statusCode: 401, error: { code: 'Unauthorized', message } });
}

function isSame(sent: string, secret: string): boolean {
  const [one, other] = [sent, secret].map((text) => createHash('sha256').update(text).digest());
  return one !== undefined && other !== undefined && timingSafeEqual(one, other);
}
