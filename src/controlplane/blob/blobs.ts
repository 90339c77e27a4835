import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { hasErrno } from '../../base/index.ts';
import type { AzureWorkspace, ContentFile, ContentKind } from '../../workspace/index.ts';
import { type BlobAddress, CONTENT_CONTAINER } from './blob-name.ts';
import { BlobStore } from './blob-store.ts';
import type { StoredBlob } from './stored-blob.ts';

const CONTENT = /^(models|codes)\/([0-9a-f]{64})\/([^/]+)(?:\/(.*))?$/s;

/** Part of a content store, as blobs: `models/HASH/ENTRY[/PATH]`. */
interface ContentPlace {
  readonly kind: ContentKind;
  readonly content: string;
  readonly entry: string;
  /** Of the file, or the start of it; empty if there is none. */
  readonly path: string;
}

/** What clients can read: the blobs that were uploaded, and the content of registered models and code. */
export class Blobs {
  readonly uploads: BlobStore;
  readonly #workspace: AzureWorkspace;

  constructor(directory: string, workspace: AzureWorkspace) {
    this.uploads = new BlobStore(directory);
    this.#workspace = workspace;
  }

  async find(address: BlobAddress): Promise<StoredBlob | undefined> {
    const place = contentPlace(address.container, address.name);
    if (!place) return this.uploads.find(address);
    const { kind, content, entry } = place;
    const files = await this.#contentFiles(place);
    const file = files.find((it) => it.path === place.path);
    return file && contentBlob(nameOf(kind, content, entry, file), file);
  }

  /** The blobs whose names start with `prefix`, sorted by name. */
  async list(container: string, prefix: string): Promise<readonly StoredBlob[]> {
    const place = contentPlace(container, prefix);
    if (!place) return this.uploads.list(container, prefix);
    const { kind, content, entry } = place;
    const named = (await this.#contentFiles(place)).map((file) => ({
      file,
      name: nameOf(kind, content, entry, file),
    }));
    const fitting = named.filter(({ name }) => name.startsWith(prefix));
    fitting.sort((one, other) => (one.name < other.name ? -1 : 1));
    return Promise.all(fitting.map(({ name, file }) => contentBlob(name, file)));
  }

  /**
   * The files of what was uploaded to a path: of the blob with this name, or of the folder.
   * @returns none if there is nothing
   */
  async filesAt({ container, name }: BlobAddress): Promise<readonly ContentFile[]> {
    const single = await this.find({ container, name });
    if (single) return [{ path: '', from: single.file, bytes: single.bytes }];
    const folder = `${name}/`;
    const blobs = (await this.list(container, folder)).filter((blob) => blob.name.startsWith(folder));
    return blobs.map((blob) => ({
      path: blob.name.slice(folder.length),
      from: blob.file,
      bytes: blob.bytes,
    }));
  }

  /** Whether writes are refused: registered content never changes. */
  isReadOnly({ container, name }: BlobAddress): boolean {
    return contentPlace(container, name) !== undefined;
  }

  async #contentFiles({ kind, content, entry }: ContentPlace): Promise<readonly ContentFile[]> {
    try {
      return await this.#workspace.filesOf(kind, content, entry);
    } catch (error) {
      // Another entry than the one with this content, or it has just been removed.
      if (hasErrno(error, 'ENOENT')) return [];
      throw error;
    }
  }
}

function contentPlace(container: string, name: string): ContentPlace | undefined {
  if (container !== CONTENT_CONTAINER) return undefined;
  const [, kind, content, entry, path = ''] = CONTENT.exec(name) ?? [];
  if (kind !== 'models' && kind !== 'codes') return undefined;
  return content === undefined || entry === undefined ? undefined : { kind, content, entry, path };
}

function nameOf(kind: ContentKind, content: string, entry: string, { path }: ContentFile): string {
  return [kind, content, entry, ...(path === '' ? [] : [path])].join('/');
}

async function contentBlob(name: string, { from, bytes }: ContentFile): Promise<StoredBlob> {
  const { mtime } = await stat(from);
  const modifiedAt = mtime.toISOString();
  const etag = `"0x${createHash('sha256').update(`${name}\0${modifiedAt}\0${bytes}`).digest('hex').slice(0, 15).toUpperCase()}"`;
  return {
    container: CONTENT_CONTAINER,
    name,
    file: from,
    bytes,
    md5: null,
    contentType: 'application/octet-stream',
    etag,
    createdAt: modifiedAt,
    modifiedAt,
    metadata: {},
  };
}
