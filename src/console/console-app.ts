import type { RequestListener } from 'node:http';
import { type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { asciiJson, isLocalSender } from '../base/index.ts';
import type { StatusSource } from './status-document.ts';
import { statusRoutes } from './status-routes.ts';

const PREFIX = '/_triton-local';

/**
 * The fastify application, ready to be handed requests of a server that is not its own: it opens no port and holds
 * nothing that would have to be closed.
 */
export async function buildConsoleApp(source: StatusSource): Promise<RequestListener> {
  const app = fastify({ logger: false });
  // The documents are ASCII, key for key as their source has them: schemas describe them and remove nothing.
  app.setSerializerCompiler(() => (document) => asciiJson(document));
  app.addHook('onRequest', refuseForeignSenders);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store');
    // Here and not in a handler for 404, which fastify runs only after it has read and parsed the body.
    if (!request.is404) return undefined;
    const isKnown = app.hasRoute({ method: 'GET', url: pathOf(request) });
    return isKnown
      ? answerMessage(reply, 405, 'Only GET and HEAD are allowed here.')
      : answerMessage(reply, 404, 'Not found.');
  });
  // Our JSON is ASCII and its media type has no parameters; fastify adds a charset.
  app.addHook('onSend', async (_request, reply) => {
    if (reply.getHeader('content-type') === 'application/json; charset=utf-8')
      reply.header('content-type', 'application/json');
  });
  await app.register(statusRoutes, { prefix: PREFIX, source });
  await app.ready();
  return (request, response) => app.routing(request, response);
}

async function refuseForeignSenders(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  // A field that came twice matches nothing; Node's `headers` would keep the first alone.
  const { host, origin } = request.raw.headersDistinct;
  const address = request.raw.socket.remoteAddress;
  const isLocal = isLocalSender({ address, host: host?.join(), origin: origin?.join(), scheme: 'http' });
  return isLocal ? undefined : answerMessage(reply, 403, 'Only for callers on this machine.');
}

function answerMessage(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply
    .code(status)
    .header('allow', status === 405 ? 'GET, HEAD' : undefined)
    .send({ message });
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?', 1)[0] ?? url;
}
