import type { FastifyInstance } from 'fastify';
import type { ServiceHost } from '../azureml/index.ts';
import type { EventSink } from '../events/index.ts';
import type { AzureWorkspace, ControlPlaneSecrets } from '../workspace/index.ts';
import type { Operations } from './operations/operations.ts';

export type { ControlPlaneSecrets } from '../workspace/index.ts';

/** What the routes of the control plane share. */
export interface ArmContext {
  readonly workspace: AzureWorkspace;
  readonly host: ServiceHost;
  readonly secrets: ControlPlaneSecrets;
  readonly operations: Operations;
  readonly events: EventSink;
  /** `https://127.0.0.1:PORT` of this server, for the URLs in answers. */
  origin(): string;
  /** A folder of this control plane for blobs, created on first use. */
  readonly blobDirectory: string;
}

/** Adds the routes of one part of the API. Paths start with `WORKSPACE_PATH` where they are below a workspace. */
export type ArmRoutes = (app: FastifyInstance, context: ArmContext) => void;
