import { randomUUID } from 'node:crypto';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { listen, messageOf } from '../base/index.ts';
import type { EventSink } from '../events/index.ts';
import type { DeploymentRecord } from '../workspace/index.ts';
import { chooseDeployment } from './choose-deployment.ts';
import type { DoorView, DoorViewSource } from './door-view.ts';

export interface Door extends AsyncDisposable {
  readonly port: number;
}

export interface DoorOptions {
  readonly host: string;
  readonly port: number;
  readonly source: DoorViewSource;
  readonly events: EventSink;
}

const MAX_CONNECTIONS = 4_096;
const LIMITS = { maxHeaderSize: 64 * 1024, keepAliveTimeout: 75_000, headersTimeout: 60_000 };
/** Hop-by-hop fields, which are each connection's own. */
const OWN_FIELDS = new Set(['connection', 'keep-alive', 'transfer-encoding', 'host', 'expect']);

/** Listens as an online endpoint does. @throws PORT_TAKEN, PORT_REFUSED */
export async function openDoor(options: DoorOptions): Promise<Door> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const passing = new Map<string, number>();
  const server = createServer(LIMITS, (incoming, response) => {
    const began = performance.now();
    const id = randomUUID();
    response.once('close', () => tell(options.events, incoming, response, id, performance.now() - began));
    answer(options.source, agent, passing, incoming, response, id).catch((error: unknown) =>
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
  source: DoorViewSource,
  agent: Agent,
  passing: Map<string, number>,
  incoming: IncomingMessage,
  response: ServerResponse,
  id: string,
): Promise<void> {
  const view = await source.current();
  if (!view) return refuse(response, 404, 'the endpoint was deleted');
  const named = incoming.headers['azureml-model-deployment'];
  const { traffic } = view.endpoint;
  const deployment = chooseDeployment(view.deployments, traffic, textOf(named), Math.random());
  if (deployment) response.setHeader('azureml-model-deployment', deployment.name);
  if (!view.isAllowed(incoming.headers.authorization)) return refuse(response, 401, 'key_auth_access_denied');
  if (!deployment) return refuse(response, 404, noDeployment(view, textOf(named)));
  const busy = passing.get(deployment.name) ?? 0;
  // Managed endpoints take twice what the instances work on, and refuse what comes beyond (azureml.md 5.3).
  const isManaged = view.endpoint.profile === 'managed';
  if (isManaged && busy >= 2 * deployment.limits.concurrency)
    return refuse(response, 429, 'too many requests are pending');
  passing.set(deployment.name, busy + 1);
  response.once('close', () => passing.set(deployment.name, (passing.get(deployment.name) ?? 1) - 1));
  pass(agent, deployment, isManaged, incoming, response, id);
}

/** Hands the request to the deployment as it is, and its answer back. */
function pass(
  agent: Agent,
  { running, limits }: DeploymentRecord,
  isManaged: boolean,
  incoming: IncomingMessage,
  response: ServerResponse,
  id: string,
): void {
  const headers = { ...fieldsOf(incoming), 'x-request-id': id };
  const { method, url: path } = incoming;
  const upstream = request({ host: '127.0.0.1', port: running?.port, method, path, headers, agent });
  const limit = isManaged
    ? setTimeout(() => {
        refuse(response, 408, 'upstream request timeout');
        upstream.destroy();
      }, limits.requestTimeoutMs)
    : undefined;
  response.once('close', () => {
    clearTimeout(limit);
    if (!response.writableFinished) upstream.destroy();
  });
  upstream.once('error', (error) =>
    refuse(response, 502, `the deployment does not answer: ${error.message}`),
  );
  upstream.once('response', (given) => {
    if (response.headersSent) return given.resume();
    for (const [name, value] of Object.entries(fieldsOf(given)))
      if (value !== undefined) response.setHeader(name, value);
    response.setHeader('x-request-id', id);
    response.statusCode = isManaged ? mirrored(given, response) : (given.statusCode ?? 502);
    return given.pipe(response);
  });
  incoming.pipe(upstream);
}

/** A managed endpoint tells of an error of the model by 424, with the model's own status beside it. */
function mirrored(given: IncomingMessage, response: ServerResponse): number {
  const status = given.statusCode ?? 502;
  if (status === 200) return status;
  response.setHeader('ms-azureml-model-error-statuscode', String(status));
  response.setHeader('ms-azureml-model-error-reason', given.statusMessage || 'model_error');
  return 424;
}

function refuse(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

function noDeployment({ endpoint }: DoorView, named: string | undefined): string {
  return named === undefined
    ? `endpoint ${endpoint.name} has no deployment with traffic`
    : `endpoint ${endpoint.name} has no deployment ${named} that runs`;
}

function fieldsOf({ headers }: IncomingMessage): Record<string, string | string[] | undefined> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OWN_FIELDS.has(name)));
}

const textOf = (field: string | string[] | undefined) => (Array.isArray(field) ? field[0] : field);

function tell(
  events: EventSink,
  incoming: IncomingMessage,
  response: ServerResponse,
  id: string,
  totalMs: number,
): void {
  events.emit({
    type: 'scoring.request',
    id,
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    status: response.writableFinished ? response.statusCode : 499,
    generation: 0,
    queueMs: 0,
    runMs: 0,
    totalMs,
  });
}
