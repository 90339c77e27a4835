import { Blobs } from '../blob/blobs.ts';
import type { ArmRoutes } from '../context.ts';
import { addCodeRoutes } from './codes.ts';
import { dataAssets } from './data.ts';
import { addDatastoreRoutes } from './datastores.ts';
import { environments } from './environments.ts';
import { models } from './models.ts';
import { addNotEmulatedRoutes } from './not-emulated.ts';
import { addVersionedRoutes } from './versioned-routes.ts';
import { addWorkspaceRoutes } from './workspaces.ts';

/** The workspace and what is registered in it, and sentences for what is not emulated. */
export const assetRoutes: ArmRoutes = (app, context) => {
  const { workspace } = context;
  const blobs = new Blobs(context.blobDirectory, workspace);
  addWorkspaceRoutes(app, context);
  addVersionedRoutes(app, workspace, models(workspace, blobs));
  addVersionedRoutes(app, workspace, environments(workspace, blobs, context.origin));
  addVersionedRoutes(app, workspace, dataAssets(workspace));
  addCodeRoutes(app, context, blobs);
  addDatastoreRoutes(app, context);
  addNotEmulatedRoutes(app);
};
