import type { FastifyInstance } from 'fastify';
import type { AzureWorkspace } from '../../workspace/index.ts';
import type { WorkspaceParams } from '../resource-id.ts';

/** The parameters of an endpoint's path, decoded. */
export interface EndpointParams extends WorkspaceParams {
  readonly endpoint: string;
}

/** The parameters of a deployment's path, decoded. */
export interface DeploymentParams extends EndpointParams {
  readonly deployment: string;
}

interface PathNames {
  endpoint?: string;
  deployment?: string;
}

/**
 * Resource names are compared without regard to case, as in ARM: the SDK creates the endpoint `My-Endpoint` in lower
 * case and asks for it as the script spells it. Handlers get the names as they were recorded.
 */
export function useRecordedNames(app: FastifyInstance, workspace: AzureWorkspace): void {
  app.addHook<{ Params: PathNames }>('preHandler', async ({ params }) => {
    if (params.endpoint === undefined) return;
    const endpoint = withName((await workspace.read()).endpoints, params.endpoint);
    if (!endpoint) return;
    params.endpoint = endpoint.name;
    if (params.deployment === undefined) return;
    params.deployment = withName(endpoint.deployments, params.deployment)?.name ?? params.deployment;
  });
}

/** The one with this very name, otherwise the one that differs in case only. */
function withName<T extends { readonly name: string }>(all: readonly T[], name: string): T | undefined {
  const lower = name.toLowerCase();
  return all.find((it) => it.name === name) ?? all.find((it) => it.name.toLowerCase() === lower);
}
