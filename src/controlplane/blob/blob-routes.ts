import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { text } from 'node:stream/consumers';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { messageOf } from '../../base/index.ts';
import { ArmError } from '../arm-error.ts';
import type { ArmContext, ArmRoutes } from '../context.ts';
import { type BlobAddress, checkBlobName } from './blob-name.ts';
import {
  blobNameOf,
  blobProperties,
  blockIdOf,
  type ContainerParams,
  checkSignature,
  headerText,
  metadataOf,
  queryText,
} from './blob-request.ts';
import { blobListXml, errorXml, httpDate, readBlockList } from './blob-xml.ts';
import { Blobs } from './blobs.ts';
import { readRange } from './byte-range.ts';
import { blobNotFound, StorageError } from './storage-error.ts';
import type { StoredBlob } from './stored-blob.ts';
import { sweepUploads } from './sweep.ts';

/** The path of the storage account, whose containers are below it. */
export const ACCOUNT_PATH = '/local';

const MAX_BLOCK_LIST_BYTES = 8 * 1024 * 1024;
/** Such as a full disk: storage clients would retry 5xx for minutes. */
const OTHER_ERROR = { status: 400, code: 'InternalError' };
/** What is answered to a request that names no version. */
const VERSION = '2023-11-03';

/**
 * The part of Blob Storage's REST API with which the SDK uploads and downloads: `/local/CONTAINER/NAME`. Every request
 * carries the signature that `listSecrets` and `startPendingUpload` give out.
 */
export const blobRoutes: ArmRoutes = (app, context) => {
  const blobs = new Blobs(context.blobDirectory, context.workspace);
  // Bodies are bytes of blobs, whatever their media type says: they are streamed to disk.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply));
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-ms-request-id', randomUUID());
    reply.header('x-ms-version', headerText(request, 'x-ms-version') ?? VERSION);
    const clientId = headerText(request, 'x-ms-client-request-id');
    if (clientId !== undefined) reply.header('x-ms-client-request-id', clientId);
    checkSignature(request, context.secrets.blobSignature);
  });
  // In the background: nobody waits for it, and what it cannot remove it meets again.
  app.addHook('onReady', async () => void sweepUploads(context.blobDirectory).catch(() => undefined));
  addContainerRoutes(app, context, blobs);
  addBlobRoutes(app, blobs);
};

function addContainerRoutes(app: FastifyInstance, context: ArmContext, blobs: Blobs): void {
  const url = `${ACCOUNT_PATH}/:container`;
  app.route<{ Params: ContainerParams }>({
    method: ['GET', 'HEAD'],
    url,
    handler: async (request, reply) => {
      const { container } = request.params;
      await blobs.uploads.requireContainer(container);
      if (queryText(request, 'comp') !== 'list') return reply.code(200).send();
      const prefix = queryText(request, 'prefix') ?? '';
      const listed = await blobs.list(container, prefix);
      const endpoint = `${context.origin()}${ACCOUNT_PATH}/`;
      const withMetadata = (queryText(request, 'include') ?? '').split(',').includes('metadata');
      const delimiter = queryText(request, 'delimiter');
      const xml = blobListXml(endpoint, container, listed, { prefix, delimiter, withMetadata });
      return reply.header('content-type', 'application/xml').send(xml);
    },
  });
}

function addBlobRoutes(app: FastifyInstance, blobs: Blobs): void {
  const url = `${ACCOUNT_PATH}/:container/*`;
  const addressOf = async (request: FastifyRequest): Promise<BlobAddress> => {
    const { container } = request.params as ContainerParams;
    const address = { container, name: checkBlobName(blobNameOf(request)) };
    await blobs.uploads.requireContainer(container);
    return address;
  };
  app.route({
    method: ['GET', 'HEAD'],
    url,
    handler: async (request, reply) => {
      // The SDK asks so whether there is a folder; no blob has such a name.
      if (blobNameOf(request).endsWith('/')) throw blobNotFound();
      const blob = await blobs.find(await addressOf(request));
      if (!blob) throw blobNotFound();
      describe(reply, blob);
      for (const [name, value] of Object.entries(blob.metadata)) reply.header(`x-ms-meta-${name}`, value);
      reply.header('accept-ranges', 'bytes').header('content-type', blob.contentType);
      if (request.method === 'HEAD') return reply.header('content-length', blob.bytes).send();
      return sendBytes(request, reply, blob);
    },
  });
  app.put(url, async (request, reply) => {
    const address = await addressOf(request);
    if (blobs.isReadOnly(address))
      throw new StorageError(
        409,
        'BlobImmutableDueToPolicy',
        'The content of a registered asset cannot be changed.',
      );
    const written = await put(request, blobs, address);
    if (written) describe(reply, written);
    return reply
      .code(queryText(request, 'comp') === 'metadata' ? 200 : 201)
      .header('x-ms-request-server-encrypted', 'true')
      .send();
  });
  app.delete(url, async (request, reply) => {
    const address = await addressOf(request);
    if (blobs.isReadOnly(address))
      throw new StorageError(
        409,
        'BlobImmutableDueToPolicy',
        'The content of a registered asset cannot be removed.',
      );
    await blobs.uploads.remove(address);
    return reply.code(202).send();
  });
}

async function put(
  request: FastifyRequest,
  blobs: Blobs,
  address: BlobAddress,
): Promise<StoredBlob | undefined> {
  const { raw } = request;
  const { uploads } = blobs;
  // Such a request has no body: it would leave an empty blob.
  if (headerText(request, 'x-ms-copy-source') !== undefined)
    throw new StorageError(
      400,
      'FeatureNotSupported',
      'Copying from a URL is not emulated: upload the bytes.',
    );
  switch (queryText(request, 'comp')) {
    case undefined:
      if ((headerText(request, 'x-ms-blob-type') ?? 'BlockBlob') !== 'BlockBlob')
        throw new StorageError(400, 'InvalidBlobType', 'Only block blobs can be stored here.');
      return uploads.write(address, raw, blobProperties(request, 'content-md5'));
    case 'block':
      await uploads.writeBlock(address, blockIdOf(request), raw, headerText(request, 'content-md5') ?? null);
      return undefined;
    case 'blocklist': {
      const ids = readBlockList(await limitedText(request));
      return uploads.commitBlocks(address, ids, blobProperties(request, 'x-ms-blob-content-md5'));
    }
    case 'metadata':
      return uploads.setMetadata(address, metadataOf(request));
    default:
      throw new StorageError(
        400,
        'InvalidQueryParameterValue',
        `comp=${queryText(request, 'comp')} is not emulated.`,
      );
  }
}

function describe(reply: FastifyReply, { etag, modifiedAt, createdAt, md5 }: StoredBlob): void {
  reply.header('etag', etag).header('last-modified', httpDate(modifiedAt));
  reply.header('x-ms-creation-time', httpDate(createdAt)).header('x-ms-blob-type', 'BlockBlob');
  if (md5 !== null) reply.header('content-md5', md5);
}

function sendBytes(request: FastifyRequest, reply: FastifyReply, blob: StoredBlob): FastifyReply {
  const range = readRange(headerText(request, 'x-ms-range') ?? headerText(request, 'range'), blob.bytes);
  if (!range) return reply.header('content-length', blob.bytes).send(createReadStream(blob.file));
  const { start, end } = range;
  if (blob.md5 !== null) reply.removeHeader('content-md5').header('x-ms-blob-content-md5', blob.md5);
  return reply
    .code(206)
    .header('content-range', `bytes ${start}-${end}/${blob.bytes}`)
    .header('content-length', end - start + 1)
    .send(createReadStream(blob.file, { start, end }));
}

async function limitedText({ raw, headers }: FastifyRequest): Promise<string> {
  const length = Number(headers['content-length']);
  if (length <= MAX_BLOCK_LIST_BYTES) return text(raw);
  throw new StorageError(
    413,
    'RequestBodyTooLarge',
    `A block list may have up to ${MAX_BLOCK_LIST_BYTES} bytes.`,
  );
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, code } = error instanceof StorageError || error instanceof ArmError ? error : OTHER_ERROR;
  reply.code(status).header('x-ms-error-code', code);
  if (request.method === 'HEAD') return reply.send();
  return reply.header('content-type', 'application/xml').send(errorXml(code, messageOf(error)));
}
