import type { FastifyInstance } from 'fastify';
import { checkAssetName } from '../../azureml/index.ts';
import type { ComputeRecord } from '../../workspace/index.ts';
import { ArmError, notFound } from '../arm-error.ts';
import type { ArmContext } from '../context.ts';
import { resourceId, WORKSPACE_PATH, type WorkspaceParams } from '../resource-id.ts';
import { type AssetBody, assetBody, type NameParams } from './asset-request.ts';

const PATH = `${WORKSPACE_PATH}/computes`;

/**
 * Kubernetes clusters, which are attached before an endpoint names them: what an endpoint names without that is one too.
 * Nothing runs on them.
 */
export function addComputeRoutes(app: FastifyInstance, context: ArmContext): void {
  const { workspace } = context;
  app.get<{ Params: WorkspaceParams }>(PATH, async ({ params }) => {
    const computes = await listComputes(context);
    return { value: computes.map((compute) => computeJson(params, compute)) };
  });
  app.get<{ Params: NameParams }>(`${PATH}/:name`, async ({ params }) => {
    const compute = (await listComputes(context)).find(({ name }) => name === params.name);
    if (compute) return computeJson(params, compute);
    throw notFound(`The compute ${params.name}`);
  });
  app.put<{ Params: NameParams; Body: AssetBody }>(
    `${PATH}/:name`,
    { schema: { body: assetBody } },
    async ({ params, body: { properties } }) => {
      const { name } = params;
      checkAssetName('compute name', name);
      if (!/^(attached)?kubernetes$/i.test(String(properties.computeType))) {
        throw new ArmError(
          400,
          'NotSupported',
          `Computes are machines of Azure: one of type ${JSON.stringify(properties.computeType ?? null).slice(0, 100)} is not emulated. Kubernetes clusters can be attached; their deployments run on this machine.`,
        );
      }
      const { resourceId: cluster } = properties;
      const compute = { name, resourceId: typeof cluster === 'string' ? cluster : null };
      await workspace.changeCompute(name, () => compute);
      return computeJson(params, compute);
    },
  );
  app.delete<{ Params: NameParams }>(`${PATH}/:name`, async ({ params }) => {
    await workspace.changeCompute(params.name, () => undefined);
    return {};
  });
}

/** Those that were attached, then those that only endpoints name. */
async function listComputes({ workspace }: ArmContext): Promise<readonly ComputeRecord[]> {
  const { computes, endpoints } = await workspace.read();
  const named = endpoints.flatMap(({ definition: { compute } }) =>
    typeof compute === 'string' ? [compute.slice(compute.lastIndexOf('/') + 1).replace(/^azureml:/, '')] : [],
  );
  const known = new Set(computes.map(({ name }) => name));
  const others = [...new Set(named)].filter((name) => !known.has(name));
  return [...computes, ...others.map((name) => ({ name, resourceId: null }))];
}

function computeJson(params: WorkspaceParams, { name, resourceId: cluster }: ComputeRecord): object {
  return {
    id: resourceId(params, 'computes', name),
    name,
    type: 'Microsoft.MachineLearningServices/workspaces/computes',
    location: 'local',
    properties: {
      computeType: 'Kubernetes',
      isAttachedCompute: true,
      provisioningState: 'Succeeded',
      resourceId: cluster ?? `${resourceId(params)}/kubernetes/${name}`,
      properties: { namespace: 'default', instanceTypes: {} },
    },
  };
}
