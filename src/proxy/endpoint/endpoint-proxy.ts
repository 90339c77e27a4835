import { randomUUID } from 'node:crypto';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { listen, messageOf } from '../../base/index.ts';
import type { EventSink } from '../../events/index.ts';
import { chooseDeployment } from './choose-deployment.ts';
import type { EndpointView, EndpointViewSource } from './endpoint-view.ts';

export interface Door extends AsyncDisposable {
  readonly port: number;
}

export interface DoorOptions {
  readonly host: string;
  readonly port: number;
  readonly source: EndpointViewSource;
  readonly events: EventSink;
}

const MAX_CONNECTIONS = 4_096;
const LIMITS = { maxHeaderSize: 64 * 1024, keepAliveTimeout: 75_000, headersTimeout: 60_000 };
/** Hop-by-hop fields, which are each connection's own. */
const OWN_FIELDS = new Set(['connection', 'keep-alive', 'transfer-encoding', 'host', 'expect']);

/** Picks a deployment in a request; in an answer the name of the one that gave it, which only the endpoint knows. */
const DEPLOYMENT_FIELD = 'azureml-model-deployment';

/** Listens as an online endpoint does. @throws PORT_TAKEN, PORT_REFUSED */
export async function openDoor(options: DoorOptions): Promise<Door> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const server = createServer(LIMITS, (incoming, response) => {
    const began = performance.now();
    response.once('close', () => tell(options.events, incoming, response, performance.now() - began));
    answer(options.source, agent, incoming, response).catch((error: unknown) =>
      refuse(response, 500, messageOf(error)),
    );
  });
  server.maxConnections = MAX_CONNECTIONS;
  const port = await listen(server, options.host, options.port, 'online endpoint');
  return {
    port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      await closed;
      agent.destroy();
    },
  };
}

async function answer(
  source: EndpointViewSource,
  agent: Agent,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const view = await source.current();
  if (!view) return refuse(response, 404, 'the endpoint was deleted');
  const named = incoming.headers[DEPLOYMENT_FIELD];
  const { traffic } = view.endpoint;
  const deployment = chooseDeployment(view.deployments, traffic, textOf(named), Math.random());
  if (deployment) response.setHeader(DEPLOYMENT_FIELD, deployment.name);
  if (!view.isAllowed(incoming.headers.authorization)) return refuse(response, 401, 'key_auth_access_denied');
  if (!deployment) return refuse(response, 404, noDeployment(view, textOf(named)));
  pass(agent, deployment.running?.port, incoming, response);
}

/** Hands the request to the deployment as it is, and its answer back: the limits of the cloud are the deployment's. */
function pass(
  agent: Agent,
  port: number | undefined,
  incoming: IncomingMessage,
  response: ServerResponse,
): void {
  const headers = fieldsOf(incoming);
  const { method, url: path } = incoming;
  const upstream = request({ host: '127.0.0.1', port, method, path, headers, agent });
  response.once('close', () => {
    if (!response.writableFinished) upstream.destroy();
  });
  upstream.once('error', (error) =>
    refuse(response, 502, `the deployment does not answer: ${error.message}`),
  );
  upstream.once('response', (given) => {
    if (response.headersSent) return given.resume();
    for (const [name, value] of Object.entries(fieldsOf(given)))
      if (value !== undefined && name !== DEPLOYMENT_FIELD) response.setHeader(name, value);
    response.statusCode = given.statusCode ?? 502;
    return given.pipe(response);
  });
  incoming.pipe(upstream);
}

function refuse(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

function noDeployment({ endpoint }: EndpointView, named: string | undefined): string {
  return named === undefined
    ? `endpoint ${endpoint.name} has no deployment with traffic`
    : `endpoint ${endpoint.name} has no deployment ${named} that runs`;
}

function fieldsOf({ headers }: IncomingMessage): Record<string, string | string[] | undefined> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OWN_FIELDS.has(name)));
}

const textOf = (field: string | string[] | undefined) => (Array.isArray(field) ? field[0] : field);

function tell(events: EventSink, incoming: IncomingMessage, response: ServerResponse, totalMs: number): void {
  events.emit({
    type: 'scoring.request',
    id: String(response.getHeader('x-request-id') ?? randomUUID()),
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    status: response.writableFinished ? response.statusCode : 499,
    generation: 0,
    queueMs: 0,
    runMs: 0,
    totalMs,
  });
}
