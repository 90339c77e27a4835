import type { FastifyInstance } from 'fastify';
import { LOCAL_TENANT } from '../../workspace/index.ts';
import type { ArmContext } from '../context.ts';
import { resourceId, WORKSPACE_PATH, type WorkspaceParams } from '../resource-id.ts';

const GROUP_PATH = '/subscriptions/:subscription/resourceGroups/:group';
const PROVIDER = 'providers/Microsoft.MachineLearningServices/workspaces';
const ZERO = '00000000-0000-0000-0000-000000000000';
const LOCATION = 'local';

/** The names in a list that no path gives. */
const DEFAULTS = { group: 'local', workspace: 'local' };

/** The workspace, under whatever name it is called, and its group. */
export function addWorkspaceRoutes(app: FastifyInstance, context: ArmContext): void {
  app.get<{ Params: WorkspaceParams }>(WORKSPACE_PATH, async ({ params }) => workspaceJson(context, params));
  app.get<{ Params: { subscription: string; group: string } }>(
    `${GROUP_PATH}/${PROVIDER}`,
    async ({ params }) => ({ value: [workspaceJson(context, { ...DEFAULTS, ...params })] }),
  );
  app.get<{ Params: { subscription: string } }>(
    `/subscriptions/:subscription/${PROVIDER}`,
    async ({ params }) => ({ value: [workspaceJson(context, { ...DEFAULTS, ...params })] }),
  );
  app.get<{ Params: { subscription: string; group: string } }>(GROUP_PATH, async ({ params }) => ({
    id: `/subscriptions/${params.subscription}/resourceGroups/${params.group}`,
    name: params.group,
    type: 'Microsoft.Resources/resourceGroups',
    location: LOCATION,
    properties: { provisioningState: 'Succeeded' },
  }));
}

function workspaceJson({ origin }: ArmContext, params: WorkspaceParams): object {
  const { subscription, group, workspace } = params;
  const { host } = new URL(origin());
  const providers = `/subscriptions/${subscription}/resourceGroups/${group}/providers`;
  return {
    id: resourceId(params),
    name: workspace,
    type: 'Microsoft.MachineLearningServices/workspaces',
    location: LOCATION,
    kind: 'Default',
    sku: { name: 'Basic', tier: 'Basic' },
    identity: { type: 'SystemAssigned', principalId: ZERO, tenantId: LOCAL_TENANT },
    tags: {},
    properties: {
      friendlyName: workspace,
      description: '',
      workspaceId: ZERO,
      tenantId: LOCAL_TENANT,
      discoveryUrl: `${origin()}/discovery`,
      mlFlowTrackingUri: `azureml://${host}/mlflow/v1.0${resourceId(params)}`,
      storageAccount: `${providers}/Microsoft.Storage/storageAccounts/local`,
      keyVault: `${providers}/Microsoft.KeyVault/vaults/local`,
      applicationInsights: `${providers}/Microsoft.Insights/components/local`,
      containerRegistry: `${providers}/Microsoft.ContainerRegistry/registries/local`,
      publicNetworkAccess: 'Enabled',
      provisioningState: 'Succeeded',
    },
  };
}
