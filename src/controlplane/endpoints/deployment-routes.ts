import {
  checkDeletable,
  checkOnlineName,
  deploymentStatuses,
  endpointStatus,
  getDeploymentLogs,
  prepareDeployment,
  resourceOf,
  showEnvironment,
} from '../../azureml/index.ts';
import type { DeploymentRecord, JsonObject } from '../../workspace/index.ts';
import { ArmError, notFound } from '../arm-error.ts';
import { codeDirectory } from '../assets/code-directory.ts';
import type { ArmContext, ArmRoutes } from '../context.ts';
import { announceOperation } from '../operations/operation-routes.ts';
import { WORKSPACE_PATH } from '../resource-id.ts';
import { withContainerPaths } from './container-paths.ts';
import { type DeploymentBody, deploymentBody, deploymentFile } from './deployment-file.ts';
import { deploymentResource } from './deployment-resource.ts';
import { type DeploymentParams, useRecordedNames } from './params.ts';
import { deploymentRequest } from './run-operation.ts';

const DEPLOYMENTS_PATH = `${WORKSPACE_PATH}/onlineEndpoints/:endpoint/deployments`;
const DEPLOYMENT_PATH = `${DEPLOYMENTS_PATH}/:deployment`;

interface LogsBody {
  readonly tail?: number | null;
  readonly containerType?: string | null;
}

const logsBody = {
  type: 'object',
  nullable: true,
  properties: {
    tail: { type: 'integer', minimum: 1, nullable: true },
    containerType: { type: 'string', nullable: true },
  },
} as const;

const DEFAULT_TAIL = 2_000;

/** Deployments of online endpoints: create and update, show, list, delete and logs. */
export const deploymentRoutes: ArmRoutes = (app, context) => {
  const { workspace, host, operations } = context;
  useRecordedNames(app, workspace);
  app.get<{ Params: DeploymentParams }>(DEPLOYMENTS_PATH, async ({ params }) => {
    const all = await deploymentStatuses(workspace, host, params.endpoint);
    return { value: all.map((status) => deploymentResource(params, status)) };
  });
  app.get<{ Params: DeploymentParams }>(DEPLOYMENT_PATH, async ({ params }) => shown(context, params));
  app.put<{ Params: DeploymentParams; Body: DeploymentBody }>(
    DEPLOYMENT_PATH,
    { schema: { body: deploymentBody } },
    async ({ params, body }, reply) => {
      const { endpoint, deployment: name } = params;
      checkOnlineName(name, 'a deployment');
      const before = await find(context, params);
      const input = await requested(context, params, body, before);
      await prepareDeployment(workspace, deploymentRequest(input));
      const operation = await operations.start({
        resource: resourceOf(endpoint, name),
        kind: 'create',
        input,
      });
      announceOperation(reply, context, params, operation).code(before ? 200 : 201);
      return shown(context, params);
    },
  );
  app.delete<{ Params: DeploymentParams }>(DEPLOYMENT_PATH, async ({ params }, reply) => {
    if (!(await find(context, params))) return reply.code(204).send();
    const { endpoint, deployment: name } = params;
    checkDeletable(await workspace.read(), endpoint, name);
    const operation = await operations.start({
      resource: resourceOf(endpoint, name),
      kind: 'delete',
      input: {},
    });
    return announceOperation(reply, context, params, operation).code(202).send();
  });
  app.post<{ Params: DeploymentParams; Body: LogsBody | null }>(
    `${DEPLOYMENT_PATH}/getLogs`,
    { schema: { body: logsBody } },
    async ({ params, body }) => {
      const record = await found(context, params);
      if (body?.containerType === 'StorageInitializer') return { content: initializerLog(record) };
      const tail = body?.tail ?? DEFAULT_TAIL;
      const { endpoint, deployment: name } = params;
      const log = await getDeploymentLogs(workspace, endpoint, name, tail);
      return { content: withContainerPaths(log, workspace, endpoint, name) };
    },
  );
};

/** What the operation needs: the deployment as a file, and the ids that the file has no member for. */
async function requested(
  context: ArmContext,
  { endpoint, deployment: name }: DeploymentParams,
  body: DeploymentBody,
  before: DeploymentRecord | undefined,
): Promise<JsonObject> {
  const { codeConfiguration, environmentId } = body.properties;
  const codeId = codeConfiguration?.codeId ?? undefined;
  // The code of a deployment of az has no id: what was read is its folder.
  const isKept = codeId !== undefined && codeId === codeOf(before);
  if (codeConfiguration && codeId === undefined)
    throw new ArmError(400, 'BadArgument', 'codeConfiguration.codeId is missing.');
  const directory = codeId === undefined || isKept ? codeId : await codeDirectory(context, codeId);
  const file = deploymentFile({ endpoint, name, codeDirectory: directory }, body);
  await checkEnvironment(context, file.environment);
  // Nor has an environment that its file defines inline.
  const environment =
    file.environment ?? (environmentId == null ? before?.definition.environment : undefined);
  return {
    file: { ...file, ...(environment !== undefined && { environment }) },
    resourceIds: {
      ...(codeId !== undefined && !isKept && { code: codeId }),
      ...(environmentId != null && { environment: environmentId }),
    },
  };
}

/** The SDK does not look whether an environment of the workspace exists. Those of Azure are known by their names. */
async function checkEnvironment({ workspace }: ArmContext, reference: unknown): Promise<void> {
  const [, name = '', version] = /^azureml:([^:@/]+):(.+)$/.exec(String(reference)) ?? [];
  if (name === '' || /^azureml-/i.test(name)) return;
  await showEnvironment(workspace, name, version);
}

function codeOf(record: DeploymentRecord | undefined): unknown {
  const code = record?.definition.code_configuration;
  return typeof code === 'object' && code !== null && 'code' in code ? code.code : undefined;
}

async function shown(context: ArmContext, params: DeploymentParams): Promise<JsonObject> {
  const { endpoint, deployment: name } = params;
  const all = await deploymentStatuses(context.workspace, context.host, endpoint);
  const status = all.find(({ deployment }) => deployment.name === name);
  if (!status) throw notFound(`The deployment ${name} of endpoint ${endpoint}`);
  return deploymentResource(params, status);
}

/** @throws ENDPOINT_NOT_FOUND */
async function find(
  { workspace, host }: ArmContext,
  { endpoint: name, deployment }: DeploymentParams,
): Promise<DeploymentRecord | undefined> {
  const { endpoint } = await endpointStatus(workspace, host, name);
  return endpoint.deployments.find((it) => it.name === deployment);
}

async function found(context: ArmContext, params: DeploymentParams): Promise<DeploymentRecord> {
  const record = await find(context, params);
  if (record) return record;
  throw notFound(`The deployment ${params.deployment} of endpoint ${params.endpoint}`);
}

/** In the cloud, this container copies model and code before the server starts. */
function initializerLog({ modelId, definition }: DeploymentRecord): string {
  const lines = [
    modelId === null ? undefined : `Model ${modelId} was copied to the deployment.`,
    definition.code_configuration === undefined ? undefined : 'The code was copied to the deployment.',
  ];
  return lines.filter((line) => line !== undefined).join('\n');
}
