import { randomUUID } from 'node:crypto';
import { createServer } from 'node:https';
import {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
} from 'fastify';
import type { ServiceHost } from '../azureml/index.ts';
import { isLocalSender, listen, within } from '../base/index.ts';
import type { EventSink } from '../events/index.ts';
import type { AzureWorkspace } from '../workspace/index.ts';
import { ArmError, errorBody } from './arm-error.ts';
import { assetRoutes } from './assets/asset-routes.ts';
import { blobRoutes } from './blob/blob-routes.ts';
import type { ArmContext, ArmRoutes, ControlPlaneSecrets } from './context.ts';
import { deploymentRoutes } from './endpoints/deployment-routes.ts';
import { endpointRoutes } from './endpoints/endpoint-routes.ts';
import { endedMeanwhile, runOperation } from './endpoints/run-operation.ts';
import { isValidToken } from './identity/access-token.ts';
import { identityRoutes } from './identity/identity-routes.ts';
import { buildLazyValidators } from './lazy-validators.ts';
import { operationRoutes } from './operations/operation-routes.ts';
import { OperationQueue } from './operations/operations.ts';

export interface ControlPlaneOptions {
  /** 0 for any. */
  readonly port: number;
  /** PEM. */
  readonly certificate: { readonly key: string; readonly cert: string };
  readonly secrets: ControlPlaneSecrets;
  readonly workspace: AzureWorkspace;
  readonly host: ServiceHost;
  readonly events: EventSink;
  readonly blobDirectory: string;
}

export interface ControlPlane extends AsyncDisposable {
  /** `https://127.0.0.1:PORT` */
  readonly origin: string;
  /** Resolves once no operation is in progress. */
  settled(): Promise<void>;
}

/** Parts that check their callers themselves: identity by its own secret, blobs by their signature. */
const OPEN: readonly ArmRoutes[] = [identityRoutes, blobRoutes];
/** Parts for callers with an access token. */
const GUARDED: readonly ArmRoutes[] = [operationRoutes, endpointRoutes, deploymentRoutes, assetRoutes];

const BODY_LIMIT = 8 * 1024 * 1024;
const LIMITS = {
  maxHeaderSize: 64 * 1024,
  keepAliveTimeout: 75_000,
  headersTimeout: 60_000,
  requestTimeout: 0,
};
const DRAIN_MS = 5_000;

/** Listens on loopback only, and runs again what was in progress when the last one ended. @throws PORT_TAKEN, PORT_REFUSED */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { workspace, host, secrets, events, blobDirectory } = options;
  let origin = '';
  const shared = { workspace, host, secrets, events, blobDirectory, origin: () => origin };
  const operations = await OperationQueue.open(
    workspace,
    (operation, signal) => runOperation(shared, operation, signal),
    endedMeanwhile,
  );
  const context: ArmContext = { ...shared, operations };
  const app = build(context, options.certificate);
  try {
    await app.ready();
    const port = await listen(app.server, '127.0.0.1', options.port, 'Azure control plane');
    origin = `https://127.0.0.1:${port}`;
  } catch (error) {
    await close(app, operations);
    throw error;
  }
  return {
    origin,
    settled: () => operations.settled(),
    [Symbol.asyncDispose]: () => close(app, operations),
  };
}

async function close(app: FastifyInstance, operations: OperationQueue): Promise<void> {
  // First the operations, so that the requests that wait for them are answered.
  await operations[Symbol.asyncDispose]();
  const { server } = app;
  const closed = new Promise<void>((resolve) => {
    if (server.listening) server.close(() => resolve());
    else resolve();
  });
  server.closeIdleConnections();
  await within(closed, DRAIN_MS);
  server.closeAllConnections();
  await closed;
  await app.close();
}

function build(context: ArmContext, certificate: ControlPlaneOptions['certificate']): FastifyInstance {
  const app = fastify({
    logger: false,
    exposeHeadRoutes: false,
    bodyLimit: BODY_LIMIT,
    genReqId: () => randomUUID(),
    // What the SDK sends is checked, and taken as it is.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } },
    schemaController: { compilersFactory: { buildValidator: buildLazyValidators } },
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true, maxParamLength: 1_024 },
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply),
    serverFactory: (handler) => createServer({ ...LIMITS, ...certificate }, handler),
  });
  app.addHook('onRequest', async (request, reply) => {
    report(request, reply, context.events);
    reply.header('x-ms-request-id', request.id).header('cache-control', 'no-cache');
    refuseForeigners(request);
  });
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    // Some clients announce JSON and send nothing.
    if (body === '') done(null, undefined);
    else parseJson(request, body, done);
  });
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request) => {
    const operation = `${request.method} ${pathOf(request)}`;
    if (/\/providers\/./i.test(operation))
      throw new ArmError(
        400,
        'NotSupported',
        `triton-local emulates online endpoints with their models, environments and data. This operation needs Azure's own services and is not emulated: ${operation}`,
      );
    throw new ArmError(404, 'NotFound', `${operation} is not served here.`);
  });
  for (const routes of OPEN) app.register(async (scope) => routes(scope, context));
  for (const routes of GUARDED) {
    app.register(async (scope) => {
      scope.addHook('onRequest', async (request, reply) => checkToken(request, reply, context));
      routes(scope, context);
    });
  }
  return app;
}

/** Requests of web pages, and those for another name that resolves to this machine. */
function refuseForeigners({ raw }: FastifyRequest): void {
  const { host, origin } = raw.headersDistinct;
  const sender = { address: raw.socket.remoteAddress, host: host?.join(), origin: origin?.join() };
  if (!isLocalSender({ ...sender, scheme: 'https' }))
    throw new ArmError(403, 'AuthorizationFailed', 'This server answers callers on this machine only.');
}

function checkToken(request: FastifyRequest, reply: FastifyReply, { origin, secrets }: ArmContext): void {
  const { authorization } = request.headers;
  const token = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (token !== undefined && isValidToken(token, secrets.tokenKey)) return;
  const error = token === undefined ? 'invalid_request' : 'invalid_token';
  reply.header('www-authenticate', `Bearer authorization_uri="${origin()}/common", error="${error}"`);
  const why =
    token === undefined
      ? "The 'Authorization' header is missing or is not of the form 'Bearer TOKEN'."
      : 'The access token was not issued by this control plane.';
  throw new ArmError(401, 'AuthenticationFailed', `Authentication failed. ${why}`);
}

function answerError(thrown: FastifyError, _request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, code, message } = errorBody(thrown);
  return reply.code(status).send({ error: { code, message, details: [] } });
}

/** Emits one event per request once it has been answered or its client has gone. */
function report(request: FastifyRequest, { raw }: FastifyReply, events: EventSink): void {
  const began = performance.now();
  const { id, method } = request;
  raw.once('close', () =>
    events.emit({
      type: 'azure.request',
      id,
      method,
      path: pathOf(request),
      status: raw.writableFinished ? raw.statusCode : 499,
      totalMs: performance.now() - began,
    }),
  );
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?', 1)[0] ?? url;
}
