import type { RequestListener } from 'node:http';
import { type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { asciiJson, isLocalSender } from '../base/index.ts';
import { actionRoutes } from './action-routes.ts';
import type { ConsoleSource } from './console-source.ts';
import { eventRoutes } from './event-routes.ts';
import { answerMessage } from './message.ts';
import { modelRoutes } from './model-routes.ts';
import { isOtherSite } from './other-site.ts';
import { pageRoutes } from './page-routes.ts';
import { PageToken, TOKEN_HEADER } from './page-token.ts';
import { requestRoutes } from './request-routes.ts';
import { sampleRoutes } from './sample-routes.ts';
import { statusRoutes } from './status-routes.ts';

const PREFIX = '/_triton-local';

/**
 * The fastify application, ready to be handed requests of a server that is not its own: it opens no port and holds
 * nothing that would have to be closed.
 */
export async function buildConsoleApp(source: ConsoleSource): Promise<RequestListener> {
  const token = new PageToken();
  const app = fastify({
    logger: false,
    // A body of the wrong shape is refused, not adapted.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
  });
  // The documents are ASCII, key for key as their source has them: schemas describe them and remove nothing.
  app.setSerializerCompiler(() => (document) => asciiJson(document));
  app.addHook('onRequest', refuseForeignSenders);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
    });
    // Here and not in a handler for 404, which fastify runs only after it has read and parsed the body.
    if (request.is404) return answerWrongMethod(request, reply) ?? answerNotFound(request, reply);
    return refuseWithoutToken(request, reply, token);
  });
  // Our JSON is ASCII and its media type has no parameters; fastify adds a charset.
  app.addHook('onSend', async (_request, reply) => {
    if (reply.getHeader('content-type') === 'application/json; charset=utf-8')
      reply.header('content-type', 'application/json');
  });
  await app.register(statusRoutes, { prefix: PREFIX, source });
  await app.register(eventRoutes, { prefix: PREFIX, history: source.history });
  await app.register(requestRoutes, { prefix: PREFIX, requests: source.requests });
  await app.register(actionRoutes, { prefix: PREFIX, actions: source.actions });
  await app.register(modelRoutes, {
    prefix: PREFIX,
    mount: PREFIX,
    engine: source.engine,
    meter: source.meter,
  });
  await app.register(sampleRoutes, { prefix: PREFIX, sample: () => source.sample() });
  await app.register(pageRoutes, { prefix: PREFIX, token });
  await app.ready();
  return (request, response) => app.routing(request, response);

  function answerWrongMethod(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
    const url = pathOf(request);
    if (app.hasRoute({ method: 'GET', url })) {
      reply.header('allow', 'GET, HEAD');
      return answerMessage(reply, 405, 'Only GET and HEAD are allowed here.');
    }
    if (app.hasRoute({ method: 'POST', url })) {
      reply.header('allow', 'POST');
      return answerMessage(reply, 405, 'Only POST is allowed here.');
    }
    return undefined;
  }

  function answerNotFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    return refuseWithoutToken(request, reply, token) ?? answerMessage(reply, 404, 'Not found.');
  }
}

async function refuseForeignSenders(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  // A field that came twice matches nothing; Node's `headers` would keep the first alone.
  const { host, origin } = request.raw.headersDistinct;
  const address = request.raw.socket.remoteAddress;
  const isLocal = isLocalSender({ address, host: host?.join(), origin: origin?.join(), scheme: 'http' });
  if (isLocal && !isOtherSite(request.headers)) return undefined;
  return answerMessage(reply, 403, 'Only for callers on this machine.');
}

function refuseWithoutToken(
  { method, headers }: FastifyRequest,
  reply: FastifyReply,
  token: PageToken,
): FastifyReply | undefined {
  if (method === 'GET' || method === 'HEAD') return undefined;
  const sent = headers[TOKEN_HEADER];
  if (token.matches(typeof sent === 'string' ? sent : undefined)) return undefined;
  return answerMessage(reply, 403, `What changes state needs the page's token in ${TOKEN_HEADER}.`);
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?', 1)[0] ?? url;
}
