import {
  checkOnlineName,
  endpointStatus,
  endpointStatuses,
  getCredentials,
  prepareEndpoint,
  resourceOf,
} from '../../azureml/index.ts';
import { makeKey } from '../../workspace/index.ts';
import { ArmError } from '../arm-error.ts';
import type { ArmContext, ArmRoutes } from '../context.ts';
import { announceOperation } from '../operations/operation-routes.ts';
import { WORKSPACE_PATH, type WorkspaceParams } from '../resource-id.ts';
import { type EndpointBody, endpointBody, endpointFile, endpointResource } from './endpoint-resource.ts';
import { type EndpointParams, useRecordedNames } from './params.ts';
import { endpointRequest } from './run-operation.ts';

const ENDPOINTS_PATH = `${WORKSPACE_PATH}/onlineEndpoints`;
const ENDPOINT_PATH = `${ENDPOINTS_PATH}/:endpoint`;

interface KeyBody {
  readonly keyType: string;
}

const keyBody = {
  type: 'object',
  required: ['keyType'],
  properties: { keyType: { type: 'string' }, keyValue: { type: 'string', nullable: true } },
} as const;

/** Online endpoints: create and update, show, list, delete, keys and tokens. */
export const endpointRoutes: ArmRoutes = (app, context) => {
  const { workspace, host, operations } = context;
  useRecordedNames(app, workspace);
  app.get<{ Params: WorkspaceParams }>(ENDPOINTS_PATH, async ({ params }) => {
    const all = await endpointStatuses(workspace, host);
    return { value: all.map((status) => endpointResource(params, status)) };
  });
  app.get<{ Params: EndpointParams }>(ENDPOINT_PATH, async ({ params }) =>
    endpointResource(params, await endpointStatus(workspace, host, params.endpoint)),
  );
  app.put<{ Params: EndpointParams; Body: EndpointBody }>(
    ENDPOINT_PATH,
    { schema: { body: endpointBody } },
    async ({ params, body }, reply) => {
      const { endpoint: name } = params;
      checkOnlineName(name, 'an endpoint');
      const before = (await workspace.read()).endpoints.find((it) => it.name === name);
      const file = endpointFile(name, body, before);
      await prepareEndpoint(workspace, endpointRequest(file));
      const operation = await operations.start({ resource: resourceOf(name), kind: 'create', input: file });
      announceOperation(reply, context, params, operation).code(before ? 200 : 201);
      return endpointResource(params, await endpointStatus(workspace, host, name));
    },
  );
  app.delete<{ Params: EndpointParams }>(ENDPOINT_PATH, async ({ params }, reply) => {
    const { endpoint: name } = params;
    if (!(await exists(context, name))) return reply.code(204).send();
    const operation = await operations.start({ resource: resourceOf(name), kind: 'delete', input: {} });
    return announceOperation(reply, context, params, operation).code(202).send();
  });
  app.post<{ Params: EndpointParams }>(`${ENDPOINT_PATH}/listKeys`, async ({ params }) => {
    const { endpoint } = await endpointStatus(workspace, host, params.endpoint);
    if (endpoint.authMode !== 'key')
      throw wrongMode(params.endpoint, 'has no keys: its auth mode is a token');
    return getCredentials(workspace, params.endpoint);
  });
  app.post<{ Params: EndpointParams }>(`${ENDPOINT_PATH}/token`, async ({ params }) => {
    const { endpoint } = await endpointStatus(workspace, host, params.endpoint);
    if (endpoint.authMode === 'key')
      throw wrongMode(params.endpoint, 'issues no tokens: its auth mode is Key');
    return getCredentials(workspace, params.endpoint);
  });
  app.post<{ Params: EndpointParams; Body: KeyBody }>(
    `${ENDPOINT_PATH}/regenerateKeys`,
    { schema: { body: keyBody } },
    async ({ params, body }, reply) => {
      const { endpoint } = await endpointStatus(workspace, host, params.endpoint);
      if (endpoint.authMode !== 'key')
        throw wrongMode(params.endpoint, 'has no keys: its auth mode is a token');
      if (!/^(?:primary|secondary)$/i.test(body.keyType))
        throw new ArmError(
          400,
          'BadArgument',
          `keyType must be Primary or Secondary, not "${body.keyType}".`,
        );
      // `keyValue` is the present key. The new one is chosen here, so that the operation can run twice.
      const input = { keyType: body.keyType, key: makeKey() };
      const resource = resourceOf(params.endpoint);
      const operation = await operations.start({ resource, kind: 'regenerateKeys', input });
      return announceOperation(reply, context, params, operation).code(202).send();
    },
  );
};

async function exists({ workspace }: ArmContext, name: string): Promise<boolean> {
  return (await workspace.read()).endpoints.some((it) => it.name === name);
}

function wrongMode(name: string, why: string): ArmError {
  return new ArmError(400, 'BadArgument', `The endpoint ${name} ${why}.`);
}
