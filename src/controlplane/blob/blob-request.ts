import { timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { BlobProperties } from './blob-store.ts';
import { StorageError } from './storage-error.ts';

const MAX_METADATA_BYTES = 8 * 1024;
const METADATA = 'x-ms-meta-';

export interface ContainerParams {
  readonly container: string;
}

/** The query of every request; a member that came twice is a list. */
export type BlobQuery = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * The name of the blob that a URL is about: all that follows the container. The router's own parameter lacks a slash
 * at the end.
 * @throws StorageError 400 for what is no UTF-8 in percent-encoding
 */
export function blobNameOf({ url }: FastifyRequest): string {
  const [path = ''] = url.split('?', 1);
  const encoded = path.split('/').slice(3).join('/');
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw new StorageError(
      400,
      'InvalidUri',
      'The requested URI does not represent any resource on the server.',
    );
  }
}

/** The value of a query parameter; undefined if there is none, or several. */
export function queryText(request: FastifyRequest, name: string): string | undefined {
  const value = (request.query as BlobQuery)[name];
  return typeof value === 'string' ? value : undefined;
}

/** Checks the shared access signature, which is one secret for all blobs. @throws StorageError 403 */
export function checkSignature(request: FastifyRequest, secret: string): void {
  const given = Buffer.from(queryText(request, 'sig') ?? '');
  const expected = Buffer.from(secret);
  if (given.length === expected.length && timingSafeEqual(given, expected)) return;
  throw new StorageError(
    403,
    'AuthenticationFailed',
    'Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.',
  );
}

export function headerText(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** @param md5Field `content-md5` where the body is the blob, otherwise `x-ms-blob-content-md5`. */
export function blobProperties(request: FastifyRequest, md5Field: string): BlobProperties {
  return {
    contentType:
      headerText(request, 'x-ms-blob-content-type') ??
      headerText(request, 'content-type') ??
      'application/octet-stream',
    md5: headerText(request, md5Field) ?? headerText(request, 'x-ms-blob-content-md5') ?? null,
    metadata: metadataOf(request),
    onlyNew: headerText(request, 'if-none-match') === '*',
  };
}

/** `x-ms-meta-*`, without the prefix. @throws StorageError InvalidMetadata, MetadataTooLarge */
export function metadataOf({ headers }: FastifyRequest): Readonly<Record<string, string>> {
  const metadata = Object.entries(headers)
    .filter(([name]) => name.startsWith(METADATA))
    .map(([name, value]) => [name.slice(METADATA.length), String(value)] as const);
  for (const [name] of metadata)
    if (!/^[a-z_][a-z0-9_]*$/.test(name))
      throw new StorageError(400, 'InvalidMetadata', `The metadata name ${JSON.stringify(name)} is invalid.`);
  const bytes = metadata.reduce((sum, [name, value]) => sum + name.length + Buffer.byteLength(value), 0);
  if (bytes > MAX_METADATA_BYTES)
    throw new StorageError(
      400,
      'MetadataTooLarge',
      `The metadata has more than ${MAX_METADATA_BYTES} bytes.`,
    );
  return Object.fromEntries(metadata);
}

/** @throws StorageError InvalidQueryParameterValue */
export function blockIdOf(request: FastifyRequest): string {
  const id = queryText(request, 'blockid') ?? '';
  const bytes = Buffer.from(id, 'base64');
  if (bytes.length > 0 && bytes.length <= 64 && bytes.toString('base64') === id) return id;
  throw new StorageError(400, 'InvalidQueryParameterValue', 'blockid must be the Base64 of 1 to 64 bytes.');
}
