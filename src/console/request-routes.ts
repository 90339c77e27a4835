import type { FastifyInstance } from 'fastify';
import type { RequestHistory } from '../events/index.ts';
import { answerMessage } from './message.ts';

const DEFAULT_LIMIT = 100;

export interface RequestRoutesOptions {
  readonly requests: RequestHistory;
}

/** `GET /requests[?limit=N]`: the newest requests to the scoring service and to the engine, newest first. */
export async function requestRoutes(app: FastifyInstance, { requests }: RequestRoutesOptions): Promise<void> {
  app.get<{ Querystring: Readonly<Record<string, unknown>> }>('/requests', async (request, reply) => {
    const { limit = String(DEFAULT_LIMIT) } = request.query;
    if (typeof limit !== 'string' || !/^\d{1,9}$/.test(limit) || Number(limit) < 1)
      return answerMessage(reply, 400, 'limit must be a whole number, at least 1.');
    return requests.newest(Number(limit));
  });
}
