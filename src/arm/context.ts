import type { FastifyInstance } from 'fastify';
import type { ServiceHost } from '../azureml/index.ts';
import type { EventSink } from '../events/index.ts';
import type { AzureWorkspace } from '../workspace/index.ts';
import type { Operations } from './operations/operations.ts';

/** The secrets of one control plane; they survive its restart. */
export interface ControlPlaneSecrets {
  /** Signs the access tokens. */
  readonly tokenKey: string;
  /** What the caller of the token service must send as `X-IDENTITY-HEADER`. */
  readonly identityHeader: string;
  /** The `sig` of every shared access signature for blobs. */
  readonly blobSignature: string;
}

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
