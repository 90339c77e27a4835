import { randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import replyFrom from '@fastify/reply-from';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import type { Dispatcher } from 'undici';
import { DrainingServer, messageOf } from '../../base/index.ts';
import type { EventSink } from '../../events/index.ts';
import type { DeploymentRecord, LocalCertificate } from '../../workspace/index.ts';
import { connectionOptions, endToEndFields, HOP_BY_HOP } from '../hop-by-hop.ts';
import type { LivenessLimits } from '../liveness.ts';
import { answerMalformed, refuseTunnel } from '../malformed-request.ts';
import { chooseDeployment } from './choose-deployment.ts';
import { DeploymentAgent, type ForwardedRequest } from './deployment-agent.ts';
import type { EndpointView, EndpointViewSource } from './endpoint-view.ts';
import { chooseMirror, Mirror } from './mirror.ts';
import { TlsListener } from './tls-listener.ts';

export interface EndpointProxy extends AsyncDisposable {
  readonly port: number;
}

export interface EndpointProxyOptions {
  readonly host: string;
  readonly port: number;
  readonly source: EndpointViewSource;
  readonly events: EventSink;
  /** How long requests in flight may take to finish once the proxy closes. */
  readonly drainMs?: number;
  readonly liveness?: LivenessLimits;
  /** The certificate for HTTPS on the same port; called again when it is due for renewal. Absent: HTTP only. */
  readonly certificate?: () => Promise<LocalCertificate>;
}

const MAX_CONNECTIONS = 4_096;
const LIMITS = { maxHeaderSize: 64 * 1024, keepAliveTimeout: 75_000, headersTimeout: 60_000 };
const DRAIN_MS = 10_000;

/** In a request, the deployment to use; in a response, the deployment that produced it, which only the endpoint knows. */
const DEPLOYMENT_FIELD = 'azureml-model-deployment';
/** The key under which a request travels unchanged through `@fastify/reply-from` to the agent. */
const FORWARDED = Symbol('forwarded');

/**
 * Listens as an online endpoint does: checks the key, chooses a deployment, and forwards the request and its response
 * unchanged. The cloud's limits are enforced by the deployment.
 * @throws PORT_TAKEN, PORT_REFUSED
 */
export async function startEndpointProxy(options: EndpointProxyOptions): Promise<EndpointProxy> {
  const { host, port, source, events, drainMs = DRAIN_MS, certificate } = options;
  const agent = new DeploymentAgent(options.liveness);
  const app = fastify({
    logger: false,
    serverFactory: (handler) => createServer(LIMITS, handler),
    clientErrorHandler: answerMalformed,
    // A single route, because only the deployment judges paths. The client's path stays in `originalUrl`.
    rewriteUrl: () => '/',
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  app.server.on('connect', (_request, socket) => refuseTunnel(socket));
  const server = new DrainingServer(app.server, { drainMs });
  const tls =
    certificate &&
    new TlsListener({ server: app.server, certificate: await certificate(), renew: certificate });
  app.decorateRequest('deployment', undefined);
  app.decorateRequest('mirror', undefined);
  app.addHook('onRequest', async (request, reply) => {
    server.track(request.raw, reply.raw);
    report(request, reply, events);
    await admit(source, request, reply);
  });
  await addForwarding(app, agent);
  await app.ready();
  try {
    const real = await server.listen(host, port, 'online endpoint');
    return { port: real, [Symbol.asyncDispose]: () => close(server, tls, app, agent) };
  } catch (error) {
    await close(server, tls, app, agent);
    throw error;
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The deployment that answers the request, once it has been admitted. */
    deployment: DeploymentRecord | undefined;
    /** The deployment that gets a copy of it. */
    mirror: DeploymentRecord | undefined;
  }
}

async function close(
  server: DrainingServer,
  tls: TlsListener | undefined,
  app: FastifyInstance,
  agent: DeploymentAgent,
): Promise<void> {
  const closed = server.close();
  tls?.close();
  await closed;
  await agent.destroy();
  await app.close();
}

/** Rejects what the endpoint itself refuses; otherwise sets the deployments that get the request and a copy of it. */
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
  // A request for a certain deployment is not part of the traffic.
  if (named === undefined)
    request.mirror = chooseMirror(view.deployments, view.endpoint.mirrorTraffic ?? {}, Math.random());
  return undefined;
}

/**
 * Forwards every request from a hook, before fastify checks methods, content types and bodies, so that everything
 * reaches the deployment. The hook's callback is never called, since `reply.from` sends the response.
 */
async function addForwarding(app: FastifyInstance, agent: DeploymentAgent): Promise<void> {
  await app.register(replyFrom, {
    // Sends the forwarded request; nothing that the plugin may have normalized is used.
    undici: {
      request(given: Dispatcher.RequestOptions & { readonly origin: string }, onResponse: never) {
        const { headers, method, origin } = given;
        const forwarded = (headers as unknown as { readonly [FORWARDED]: ForwardedRequest })[FORWARDED];
        agent.send(origin, method, forwarded, onResponse);
      },
      // biome-ignore lint/suspicious/noExplicitAny: the plugin's types do not say that any object with `request` is accepted.
    } as any,
    disableRequestLogging: true,
  });
  const mirror = new Mirror(agent);
  app.addHook('onRequest', (request, reply, _done) => {
    const origin = originOf(request.deployment);
    const whole = forwardedRequest(request, reply, new URL(origin).host);
    const method = request.method as Dispatcher.HttpMethod;
    const forwarded = request.mirror ? mirror.copy(originOf(request.mirror), method, whole) : whole;
    reply.from(origin, {
      // By default, a GET answered with 503 would be sent up to ten more times.
      retriesCount: 0,
      retryDelay: () => null,
      rewriteRequestHeaders: () => ({ [FORWARDED]: forwarded }) as unknown as IncomingHttpHeaders,
      rewriteHeaders: (headers) => endToEnd(headers),
      onError: (_reply, { error }) =>
        refuse(reply, 502, `the deployment does not answer: ${messageOf(error.cause ?? error)}`),
    });
  });
}

function originOf(deployment: DeploymentRecord | undefined): string {
  return `http://127.0.0.1:${deployment?.running?.port}`;
}

function forwardedRequest(
  { raw, originalUrl }: FastifyRequest,
  reply: FastifyReply,
  host: string,
): ForwardedRequest {
  const disconnected = new AbortController();
  reply.raw.once('close', () => disconnected.abort());
  const fields = ['Host', host];
  const given = endToEndFields(raw.rawHeaders);
  for (let index = 0; index + 1 < given.length; index += 2) {
    const name = given[index] ?? '';
    if (name.toLowerCase() !== 'host') fields.push(name, given[index + 1] ?? '');
  }
  return { target: originalUrl, fields, body: hasBody(raw) ? raw : null, signal: disconnected.signal };
}

function hasBody({ headers }: IncomingMessage): boolean {
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
    : `endpoint ${endpoint.name} has no running deployment ${named}`;
}

/** Emits one event per finished request, including those whose client disconnected, which fastify's `onResponse` misses. */
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
