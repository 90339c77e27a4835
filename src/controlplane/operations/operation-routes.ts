import type { FastifyReply } from 'fastify';
import { notFound } from '../arm-error.ts';
import type { ArmContext, ArmRoutes } from '../context.ts';
import type { WorkspaceParams } from '../resource-id.ts';
import type { Operation } from './operations.ts';

const LOCATION_PATH =
  '/subscriptions/:subscription/providers/Microsoft.MachineLearningServices/locations/:location';

/** How long the answer to a poll waits for the end of its operation. */
const WAIT_MS = 1_000;
/** When to ask again. Without it, the SDK waits for 30 seconds. */
const RETRY_MS = 200;
/** After this time, an operation is polled less often: the SDK prints a dot each time. */
const LONG_MS = 20_000;
const LONG_RETRY_MS = 2_000;

interface OperationParams {
  readonly id: string;
}

/** The URLs that the SDK polls until a long-running operation has ended. */
export const operationRoutes: ArmRoutes = (app, { operations }) => {
  app.get<{ Params: OperationParams }>(
    `${LOCATION_PATH}/mfeOperationStatus/:id`,
    async ({ params }, reply) => {
      const operation = found(params.id, await operations.ended(params.id, WAIT_MS));
      if (operation.status === 'InProgress') retryLater(reply, operation);
      const { id, status, startTime, endTime, error } = operation;
      return { id, name: id, status, startTime, ...(endTime && { endTime }), ...(error && { error }) };
    },
  );
  app.get<{ Params: OperationParams }>(
    `${LOCATION_PATH}/mfeOperationResults/:id`,
    async ({ params }, reply) => {
      const operation = found(params.id, await operations.ended(params.id, WAIT_MS));
      if (operation.status !== 'InProgress') return reply.code(204).send();
      return retryLater(reply, operation).code(202).send();
    },
  );
};

function found(id: string, operation: Operation | undefined): Operation {
  if (operation) return operation;
  throw notFound(`The operation ${id}`);
}

function retryLater(reply: FastifyReply, { startTime }: Operation): FastifyReply {
  const isLong = Date.now() - Date.parse(startTime) > LONG_MS;
  return reply.header('retry-after-ms', isLong ? LONG_RETRY_MS : RETRY_MS);
}

/** Adds the header fields by which the SDK follows an operation. */
export function announceOperation(
  reply: FastifyReply,
  { origin }: ArmContext,
  { subscription }: Pick<WorkspaceParams, 'subscription'>,
  operation: Operation,
): FastifyReply {
  const base = `${origin()}/subscriptions/${encodeURIComponent(subscription)}/providers/Microsoft.MachineLearningServices/locations/local`;
  const url = (kind: string) => `${base}/mfeOperation${kind}/${operation.id}?api-version=2023-04-01-preview`;
  reply.header('azure-asyncoperation', url('Status'));
  // The result of a PUT is its own URL.
  if (operation.kind !== 'create') reply.header('location', url('Results'));
  return retryLater(reply, operation);
}
