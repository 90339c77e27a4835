import { createHash } from 'node:crypto';
import { type FastifyInstance, fastify } from 'fastify';
import { errorBody, notFound } from '../../src/controlplane/arm-error.ts';
import { assetRoutes } from '../../src/controlplane/assets/asset-routes.ts';
import { blobRoutes } from '../../src/controlplane/blob/blob-routes.ts';
import type { ArmContext } from '../../src/controlplane/context.ts';
import { EventBus } from '../../src/events/index.ts';
import { AzureWorkspace } from '../../src/workspace/index.ts';
import { TempFolder } from './temp-project.ts';

/** The path of the workspace in requests; its names are any. */
export const WORKSPACE =
  '/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w';
/** The container of the default datastore. */
export const CONTAINER = '/local/azureml-blobstore';
export const SIGNATURE = 'signature';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers are compared with literals.
  readonly json: any;
}

export interface AnswerOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The routes for assets and blobs over plain HTTP, without the checks and operations of the control plane. */
export class ArmParts implements AsyncDisposable {
  readonly app: FastifyInstance;
  readonly workspace: AzureWorkspace;
  readonly folder: TempFolder;
  origin = 'https://127.0.0.1:1';

  private constructor(app: FastifyInstance, workspace: AzureWorkspace, folder: TempFolder) {
    this.app = app;
    this.workspace = workspace;
    this.folder = folder;
  }

  static async start(): Promise<ArmParts> {
    const folder = await TempFolder.create();
    const workspace = await AzureWorkspace.open(folder.path('workspace.json'));
    const app = fastify({
      bodyLimit: 1 << 20,
      routerOptions: { caseSensitive: false, ignoreTrailingSlash: true, maxParamLength: 1_024 },
    });
    const parts = new ArmParts(app, workspace, folder);
    const context: ArmContext = {
      workspace,
      host: { command: [], environment: {}, home: folder.directory },
      secrets: { tokenKey: 'key', identityHeader: 'header', blobSignature: SIGNATURE },
      operations: {
        find: () => undefined,
        inProgress: () => [],
        start: () => Promise.reject(new Error('this part starts no operation')),
        ended: () => Promise.resolve(undefined),
      },
      events: new EventBus(),
      origin: () => parts.origin,
      blobDirectory: folder.path('blobs'),
    };
    app.setErrorHandler((error, _request, reply) => {
      const { status, code, message } = errorBody(error);
      return reply.code(status).send({ error: { code, message, details: [] } });
    });
    app.setNotFoundHandler((request) => {
      throw notFound(request.url);
    });
    for (const routes of [assetRoutes, blobRoutes])
      app.register(async (scope) => {
        routes(scope, context);
      });
    await app.ready();
    return parts;
  }

  /** @param path below the workspace, or from the root with a slash at its start */
  async send(
    method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE',
    path: string,
    { body, headers }: AnswerOptions = {},
  ): Promise<Answer> {
    const url = path.startsWith('/') ? path : `${WORKSPACE}/${path}`;
    const response = await this.app.inject({
      method,
      url,
      headers: { ...headers },
      ...(body !== undefined && { payload: body as object }),
    });
    const json = String(response.headers['content-type']).includes('json') ? response.json() : undefined;
    return { status: response.statusCode, headers: response.headers, text: response.body, json };
  }

  /** A request for a blob with the signature. @param name of the blob, with parameters of its query */
  blob(method: 'GET' | 'HEAD' | 'PUT' | 'DELETE', name: string, options?: AnswerOptions): Promise<Answer> {
    const path = name.startsWith('/') ? name : `${CONTAINER}/${name}`;
    return this.send(method, `${path}${path.includes('?') ? '&' : '?'}sig=${SIGNATURE}`, options);
  }

  /** Opens a port of loopback, for requests that need a connection. */
  async listen(): Promise<number> {
    return Number(new URL(await this.app.listen({ port: 0, host: '127.0.0.1' })).port);
  }

  /** Uploads files as the SDK does, and returns the URI of the folder `LocalUpload/HASH/ENTRY`. */
  async upload(hash: string, files: Readonly<Record<string, string>>): Promise<string> {
    for (const [name, text] of Object.entries(files)) {
      const { status } = await this.blob('PUT', `LocalUpload/${hash}/${name}`, {
        body: text,
        headers: {
          'content-type': 'application/octet-stream',
          'x-ms-blob-type': 'BlockBlob',
          'content-md5': md5(text),
        },
      });
      if (status !== 201) throw new Error(`uploading ${name} was answered with ${status}`);
    }
    const entry = Object.keys(files)[0]?.split('/')[0];
    return `azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/workspaceblobstore/paths/LocalUpload/${hash}/${entry}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app.close();
    await this.folder[Symbol.asyncDispose]();
  }
}

/** Base64, as in `Content-MD5`. */
export const md5 = (bytes: string | Uint8Array) => createHash('md5').update(bytes).digest('base64');
