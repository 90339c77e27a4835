import { randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import replyFrom from '@fastify/reply-from';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import type { Dispatcher } from 'undici';
import { DrainingServer, messageOf } from '../../base/index.ts';
import type { EventSink } from '../../events/index.ts';
import type { DeploymentRecord } from '../../workspace/index.ts';
import { connectionOptions, endToEndFields, HOP_BY_HOP } from '../hop-by-hop.ts';
import type { LivenessLimits } from '../liveness.ts';
import { answerMalformed, refuseTunnel } from '../malformed-request.ts';
import { chooseDeployment } from './choose-deployment.ts';
import { DeploymentAgent, type ForwardedRequest } from './deployment-agent.ts';
import type { EndpointView, EndpointViewSource } from './endpoint-view.ts';

export interface EndpointProxy extends AsyncDisposable {
  readonly port: number;
}

export interface EndpointProxyOptions {
  readonly host: string;
  readonly port: number;
  readonly source: EndpointViewSource;
  readonly events: EventSink;
  /** How long requests in progress may take once it closes. */
  readonly drainMs?: number;
  readonly liveness?: LivenessLimits;
}

const MAX_CONNECTIONS = 4_096;
const LIMITS = { maxHeaderSize: 64 * 1024, keepAliveTimeout: 75_000, headersTimeout: 60_000 };
const DRAIN_MS = 10_000;

/** Picks a deployment in a request; in an answer the name of the one that gave it, which only the endpoint knows. */
const DEPLOYMENT_FIELD = 'azureml-model-deployment';
/** Under which a request travels through `@fastify/reply-from` to the agent, which needs it as it came. */
const FORWARDED = Symbol('forwarded');

/**
 * Listens as an online endpoint does: checks the key, chooses a deployment, passes the request on as it is and the
 * answer back. The limits of the cloud are the deployment's.
 * @throws PORT_TAKEN, PORT_REFUSED
 */
export async function startEndpointProxy(options: EndpointProxyOptions): Promise<EndpointProxy> {
  const { host, port, source, events, drainMs = DRAIN_MS } = options;
  const agent = new DeploymentAgent(options.liveness);
  const app = fastify({
    logger: false,
    serverFactory: (handler) => createServer(LIMITS, handler),
    clientErrorHandler: answerMalformed,
    // One route: any path is the deployment's to judge. The caller's is kept as `originalUrl`.
    rewriteUrl: () => '/',
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  app.server.on('connect', (_request, socket) => refuseTunnel(socket));
  const server = new DrainingServer(app.server, { drainMs });
  app.decorateRequest('deployment', undefined);
  app.addHook('onRequest', async (request, reply) => {
    server.track(request.raw, reply.raw);
    report(request, reply, events);
    await admit(source, request, reply);
  });
  await addForwarding(app, agent);
  await app.ready();
  try {
    const real = await server.listen(host, port, 'online endpoint');
    return { port: real, [Symbol.asyncDispose]: () => close(server, app, agent) };
  } catch (error) {
    await close(server, app, agent);
    throw error;
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who answers the request, once it was admitted. */
    deployment: DeploymentRecord | undefined;
  }
}

async function close(server: DrainingServer, app: FastifyInstance, agent: DeploymentAgent): Promise<void> {
  await server.close();
  await agent.destroy();
  await app.close();
}

/** Answers what the endpoint refuses by itself; of the rest it notes the deployment. */
async function admit(
  source: EndpointViewSource,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const view = await source.current();
  if (!view) return refuse(reply, 404, 'the endpoint was deleted');
  const field = request.headers[DEPLOYMENT_FIELD];
  const named = Array.isArray(field) ? field[0] : field;
  const deployment = chooseDeployment(view.deployments, view.endpoint.traffic, named, Math.random());
  if (deployment) reply.header(DEPLOYMENT_FIELD, deployment.name);
  if (!view.isAllowed(request.headers.authorization)) return refuse(reply, 401, 'key_auth_access_denied');
  if (!deployment) return refuse(reply, 404, noDeployment(view, named));
  request.deployment = deployment;
  return undefined;
}

/**
 * Forwards every request from a hook, before fastify looks at methods, content types and bodies: whatever the
 * deployment takes is to reach it. The callback is never called, since the answer comes from `reply.from`.
 */
async function addForwarding(app: FastifyInstance, agent: DeploymentAgent): Promise<void> {
  await app.register(replyFrom, {
    // What it sends and to whom is in the forwarded request; nothing it could have normalized is used.
    undici: {
      request(given: Dispatcher.RequestOptions & { readonly origin: string }, answered: never) {
        const { headers, method, origin } = given;
        const forwarded = (headers as unknown as { readonly [FORWARDED]: ForwardedRequest })[FORWARDED];
        agent.send(origin, method, forwarded, answered);
      },
      // biome-ignore lint/suspicious/noExplicitAny: the types of the plugin do not know that anything with `request` will do.
    } as any,
    disableRequestLogging: true,
  });
  app.addHook('onRequest', (request, reply, _done) => {
    const origin = `http://127.0.0.1:${request.deployment?.running?.port}`;
    const forwarded = forwardedRequest(request, reply, new URL(origin).host);
    reply.from(origin, {
      // By default a GET that was answered 503 would be sent ten times more.
      retriesCount: 0,
      retryDelay: () => null,
      rewriteRequestHeaders: () => ({ [FORWARDED]: forwarded }) as unknown as IncomingHttpHeaders,
      rewriteHeaders: (headers) => endToEnd(headers),
      onError: (_reply, { error }) =>
        refuse(reply, 502, `the deployment does not answer: ${messageOf(error.cause ?? error)}`),
    });
  });
}

function forwardedRequest(
  { raw, originalUrl }: FastifyRequest,
  reply: FastifyReply,
  host: string,
): ForwardedRequest {
  const left = new AbortController();
  reply.raw.once('close', () => left.abort());
  const fields = ['Host', host];
  const given = endToEndFields(raw.rawHeaders);
  for (let index = 0; index + 1 < given.length; index += 2) {
    const name = given[index] ?? '';
    if (name.toLowerCase() !== 'host') fields.push(name, given[index + 1] ?? '');
  }
  return { target: originalUrl, fields, body: bringsBody(raw) ? raw : null, signal: left.signal };
}

function bringsBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = new Set([headers.connection ?? ''].flat().flatMap(connectionOptions));
  const kept = Object.entries(headers).filter(
    ([name]) => !HOP_BY_HOP.has(name) && !named.has(name) && name !== DEPLOYMENT_FIELD,
  );
  return Object.fromEntries(kept);
}

function refuse(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).header('content-type', 'text/plain').send(text);
}

function noDeployment({ endpoint }: EndpointView, named: string | undefined): string {
  return named === undefined
    ? `endpoint ${endpoint.name} has no deployment with traffic`
    : `endpoint ${endpoint.name} has no deployment ${named} that runs`;
}

/** One event for each request when it is over, also where its caller left; fastify's `onResponse` misses those. */
function report({ method, originalUrl }: FastifyRequest, { raw }: FastifyReply, events: EventSink): void {
  const began = performance.now();
  raw.once('close', () =>
    events.emit({
      type: 'scoring.request',
      id: String(raw.getHeader('x-request-id') ?? randomUUID()),
      method,
      path: originalUrl,
      status: raw.writableFinished ? raw.statusCode : 499,
      generation: 0,
      queueMs: 0,
      runMs: 0,
      totalMs: performance.now() - began,
    }),
  );
}
