import type { WorkspaceParams } from '../resource-id.ts';

/** The parameters of an endpoint's path, decoded. */
export interface EndpointParams extends WorkspaceParams {
  readonly endpoint: string;
}

/** The parameters of a deployment's path, decoded. */
export interface DeploymentParams extends EndpointParams {
  readonly deployment: string;
}
