import type { ArmRoutes } from '../context.ts';
import { resourceId, WORKSPACE_PATH, type WorkspaceParams } from '../resource-id.ts';
/** The workspace itself. */
export const assetRoutes: ArmRoutes = (app) => {
  app.get<{ Params: WorkspaceParams }>(WORKSPACE_PATH, async ({ params }) => ({
    id: resourceId(params),
    name: params.workspace,
    location: 'local',
    properties: { friendlyName: params.workspace },
  }));
};
