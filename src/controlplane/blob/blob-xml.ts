import { StorageError } from './storage-error.ts';
import type { StoredBlob } from './stored-blob.ts';

const DECLARATION = '<?xml version="1.0" encoding="utf-8"?>';
const MAX_BLOCKS = 50_000;
/** No two unbounded repetitions can match the same text: 8 MiB of blanks would keep the server busy for hours. */
const EMPTY_BLOCK_LIST = /^(?:<\?xml[^<>]*\?>\s*)?<BlockList(?:\s*\/>|>\s*<\/BlockList>)$/;

/** What a list of blobs was limited to. */
export interface BlobListQuery {
  readonly prefix: string;
  /** Names are cut after its first occurrence behind the prefix; undefined for all blobs. */
  readonly delimiter: string | undefined;
  readonly withMetadata: boolean;
}

/** `<EnumerationResults>` of one container: everything on one page. */
export function blobListXml(
  endpoint: string,
  container: string,
  blobs: readonly StoredBlob[],
  { prefix, delimiter, withMetadata }: BlobListQuery,
): string {
  const folders = new Set<string>();
  const items: string[] = [];
  for (const blob of blobs) {
    const cut = delimiter ? blob.name.indexOf(delimiter, prefix.length) : -1;
    if (cut < 0) items.push(blobXml(blob, withMetadata));
    else folders.add(blob.name.slice(0, cut + (delimiter ?? '').length));
  }
  for (const folder of folders) items.push(`<BlobPrefix>${element('Name', folder)}</BlobPrefix>`);
  const limits = element('Prefix', prefix) + (delimiter ? element('Delimiter', delimiter) : '');
  const place = `ServiceEndpoint="${escapeXml(endpoint)}" ContainerName="${escapeXml(container)}"`;
  return `${DECLARATION}<EnumerationResults ${place}>${limits}<Blobs>${items.join('')}</Blobs><NextMarker /></EnumerationResults>`;
}

function blobXml(blob: StoredBlob, withMetadata: boolean): string {
  const properties = [
    element('Creation-Time', httpDate(blob.createdAt)),
    element('Last-Modified', httpDate(blob.modifiedAt)),
    element('Etag', blob.etag.replaceAll('"', '')),
    element('Content-Length', String(blob.bytes)),
    element('Content-Type', blob.contentType),
    blob.md5 === null ? '<Content-MD5 />' : element('Content-MD5', blob.md5),
    element('BlobType', 'BlockBlob'),
    element('LeaseStatus', 'unlocked'),
    element('LeaseState', 'available'),
    element('ServerEncrypted', 'true'),
  ].join('');
  const metadata = Object.entries(blob.metadata).map(([name, value]) => element(name, value));
  const described = withMetadata ? `<Metadata>${metadata.join('')}</Metadata>` : '';
  return `<Blob>${element('Name', blob.name)}<Properties>${properties}</Properties>${described}</Blob>`;
}

export function errorXml(code: string, message: string): string {
  return `${DECLARATION}<Error>${element('Code', code)}${element('Message', message)}</Error>`;
}

/** The block ids of `<BlockList>`, in order. @throws StorageError InvalidXmlDocument, BlockListTooLong */
export function readBlockList(xml: string): readonly string[] {
  const ids: string[] = [];
  const rest = xml.replace(/<(Latest|Uncommitted|Committed)>([^<]*)<\/\1>/g, (_all, _kind, id: string) => {
    ids.push(id.trim());
    return '';
  });
  if (!EMPTY_BLOCK_LIST.test(rest.trim())) {
    throw new StorageError(
      400,
      'InvalidXmlDocument',
      'XML specified is not syntactically valid: a BlockList is expected.',
    );
  }
  if (ids.length > MAX_BLOCKS)
    throw new StorageError(
      400,
      'BlockListTooLong',
      `The block list may not contain more than ${MAX_BLOCKS} blocks.`,
    );
  return ids;
}

export const httpDate = (iso: string) => new Date(iso).toUTCString();

function element(name: string, text: string): string {
  return `<${name}>${escapeXml(text)}</${name}>`;
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
