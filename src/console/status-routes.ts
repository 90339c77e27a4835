import type { FastifyInstance } from 'fastify';
import { type StatusSource, statusDocument } from './status-document.ts';
import { statusSchema } from './status-schema.ts';

export interface StatusRoutesOptions {
  readonly source: StatusSource;
}

/**
 * `GET /status`; `GET /state`, the state folded from the events, whose `seq` says which of them it includes. Both also
 * for HEAD.
 */
export async function statusRoutes(app: FastifyInstance, { source }: StatusRoutesOptions): Promise<void> {
  app.get('/status', { schema: { response: { 200: statusSchema } } }, async () => statusDocument(source));
  app.get('/state', async () => source.state());
}
