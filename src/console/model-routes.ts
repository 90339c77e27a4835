import type { RequestListener } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { RequestMeter } from '../events/index.ts';

export interface ModelRoutesOptions {
  readonly engine: RequestListener;
  /** Records the inferences. */
  readonly meter: RequestMeter;
  /** Path under which these routes are, which the engine does not see. */
  readonly mount: string;
}

const MODEL = '/v2/models/:model';

/**
 * The parts of Triton's protocol that the page needs, on its own origin, since the engine's port is another: metadata
 * and configuration by GET, inference by POST. The engine's listener answers; no body is read here.
 */
export async function modelRoutes(
  app: FastifyInstance,
  { engine, meter, mount }: ModelRoutesOptions,
): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  const pass = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const { raw } = request;
    const { method } = request;
    const startedAt = performance.now();
    const target = (raw.url ?? '').slice(mount.length);
    raw.url = target;
    if (method === 'POST') {
      reply.raw.once('finish', () => {
        meter.record(method, target, reply.raw.statusCode, performance.now() - startedAt);
      });
    }
    reply.hijack();
    engine(raw, reply.raw);
    return reply;
  };
  for (const model of [MODEL, `${MODEL}/versions/:version`]) {
    app.get(model, pass);
    app.get(`${model}/config`, pass);
    app.post(`${model}/infer`, pass);
  }
}
