import { Blobs } from '../blob/blobs.ts';
import type { ArmRoutes } from '../context.ts';
import { addCodeRoutes } from './codes.ts';
import { addComputeRoutes } from './computes.ts';
import { dataAssets } from './data.ts';
import { addDatastoreRoutes } from './datastores.ts';
import { environments } from './environments.ts';
import { models } from './models.ts';
import { addNotEmulatedRoutes } from './not-emulated.ts';
import { addVersionedRoutes } from './versioned-routes.ts';
import { addWorkspaceRoutes } from './workspaces.ts';

/** How long an anonymous asset may wait for its deployment. */
const UNUSED_MS = 30 * 86_400_000;

/** The workspace and what is registered in it, and sentences for what is not emulated. */
export const assetRoutes: ArmRoutes = (app, context) => {
  const { workspace } = context;
  const blobs = new Blobs(context.blobDirectory, workspace);
  // In the background: nobody waits for it, and what it cannot remove it meets again.
  app.addHook('onReady', async () => {
    const before = new Date(Date.now() - UNUSED_MS).toISOString();
    void workspace.removeUnusedAssets(before).catch(() => undefined);
  });
  addWorkspaceRoutes(app, context);
  addComputeRoutes(app, context);
  addVersionedRoutes(app, workspace, models(workspace, blobs));
  addVersionedRoutes(app, workspace, environments(workspace, blobs, context.origin));
  addVersionedRoutes(app, workspace, dataAssets(workspace));
  addCodeRoutes(app, context, blobs);
  addDatastoreRoutes(app, context);
  addNotEmulatedRoutes(app);
};
