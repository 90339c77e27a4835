import type { FastifyInstance } from 'fastify';
import { notFound } from '../arm-error.ts';
import { DATASTORE_CONTAINERS } from '../blob/blob-name.ts';
import { ACCOUNT_PATH } from '../blob/blob-routes.ts';
import { signatureQuery } from '../blob/signature.ts';
import type { ArmContext } from '../context.ts';
import { resourceId, WORKSPACE_PATH, type WorkspaceParams } from '../resource-id.ts';
import { ignoredBody, type NameParams } from './asset-request.ts';

const TYPE = 'Microsoft.MachineLearningServices/workspaces/datastores';
const DEFAULT = 'workspaceblobstore';

/** The datastores of a workspace: containers of this server. */
export function addDatastoreRoutes(app: FastifyInstance, context: ArmContext): void {
  const datastores = `${WORKSPACE_PATH}/datastores`;
  app.get<{ Params: WorkspaceParams }>(datastores, async ({ params, query }) => {
    const { isDefault } = query as { readonly isDefault?: unknown };
    const names = [...DATASTORE_CONTAINERS.keys()].filter((name) => isDefault !== 'true' || name === DEFAULT);
    return { value: names.map((name) => datastoreJson(context, params, name)) };
  });
  app.get<{ Params: NameParams }>(`${datastores}/:name`, async ({ params }) =>
    datastoreJson(context, params, params.name),
  );
  app.post<{ Params: NameParams }>(
    `${datastores}/:name/listSecrets`,
    { schema: { body: ignoredBody } },
    async ({ params }) => {
      datastoreJson(context, params, params.name);
      return { secretsType: 'Sas', sasToken: signatureQuery(context.secrets) };
    },
  );
}

/** @throws ArmError 404 */
function datastoreJson({ origin }: ArmContext, params: WorkspaceParams, name: string): object {
  const containerName = DATASTORE_CONTAINERS.get(name);
  if (containerName === undefined) throw notFound(`The datastore ${name}`);
  return {
    id: resourceId(params, 'datastores', name),
    name,
    type: TYPE,
    properties: {
      description: null,
      tags: {},
      properties: {},
      isDefault: name === DEFAULT,
      credentials: { credentialsType: 'Sas' },
      datastoreType: 'AzureBlob',
      // The SDK makes https://ACCOUNT.blob.ENDPOINT of it, unescaped: all behind the question mark is a query.
      accountName: `${new URL(origin()).host}${ACCOUNT_PATH}/?`,
      containerName,
      endpoint: 'blob.local',
      protocol: 'https',
      serviceDataAccessAuthIdentity: 'None',
    },
  };
}
