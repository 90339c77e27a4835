import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import path from 'node:path';
import {
  internal,
  invalidArgument,
  KServeError,
  notFound,
  type SharedMemory,
  type SharedMemoryTarget,
  unsupported,
} from '../kserve/index.ts';

/** What `GET /v2/systemsharedmemory/status` shows of a region. */
export interface RegionStatus {
  readonly name: string;
  readonly key: string;
  readonly offset: number;
  readonly byte_size: number;
}

interface Region extends RegionStatus {
  readonly file: number;
  /** Number of references by requests in progress; until they are answered, it cannot be unregistered. */
  users: number;
}

/** Triton's text where clients may not register regions. */
export const SHARED_MEMORY_DISABLED =
  "Client shared memory is disabled. Start the server with '--allow-client-shm=true' to enable.";

const PLACE = '/dev/shm';
const PAGE_BYTES = 4096;
const MAX_REGIONS = 1_024;

/**
 * System shared memory on Linux. `shm_open` creates files of an in-memory file system, so what we read and write at
 * offsets is what other processes see through their mappings.
 */
export class SharedMemoryRegions implements Disposable {
  readonly #regions = new Map<string, Region>();
  readonly #platform: NodeJS.Platform;

  constructor(platform: NodeJS.Platform = process.platform) {
    this.#platform = platform;
  }

  /** @throws KServeError with Triton's text for a taken name, a key that cannot be opened, or a range beyond its end */
  register(name: string, key: string, offset: number, byteSize: number): void {
    if (this.#platform !== 'linux')
      throw unsupported("triton-local's embedded engine has system shared memory on Linux only");
    if (this.#regions.has(name))
      throw new KServeError('Already exists', `shared memory region '${name}' already in manager`);
    if (this.#regions.size >= MAX_REGIONS)
      throw invalidArgument(`failed to register shared memory region '${name}': too many regions`);
    const file = openKey(key);
    const problem = whyUnmappable(fstatSync(file).size, offset, byteSize);
    if (problem !== undefined) {
      closeSync(file);
      throw invalidArgument(`failed to register shared memory region '${name}': ${problem}`);
    }
    this.#regions.set(name, { name, key, offset, byte_size: byteSize, file, users: 0 });
  }

  /** All regions by name, or the one named. @throws KServeError 404 for an unknown name */
  status(name: string): RegionStatus[] {
    const regions = name === '' ? [...this.#regions.values()] : [this.#regions.get(name)];
    return regions
      .map((region) => {
        if (!region) throw notFound(`Unable to find system shared memory region: '${name}'`);
        return { name: region.name, key: region.key, offset: region.offset, byte_size: region.byte_size };
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /**
   * Unregisters one region, or all if none is named; an unknown one is ignored.
   * @throws KServeError with Triton's text for regions in use; all others are unregistered anyway
   */
  unregister(name: string): void {
    const named = [...this.#regions.values()].filter((region) => name === '' || region.name === name);
    const used: string[] = [];
    for (const region of named) {
      if (region.users > 0) used.push(region.name);
      else this.#close(region);
    }
    if (used.length === 0) return;
    if (name !== '')
      throw internal(`Cannot unregister shared memory region '${name}', it is currently in use.`);
    const list = used
      .sort()
      .map((one) => `${one} ,`)
      .join('');
    throw internal(`Failed to unregister the following system shared memory regions: ${list}`);
  }

  /** One request's access to regions. */
  use(): RegionUse {
    return new RegionUse((name, offset, byteSize) => this.#part(name, offset, byteSize));
  }

  #close(region: Region): void {
    this.#regions.delete(region.name);
    closeSync(region.file);
  }

  #part(name: string, offset: number, byteSize: number): Region {
    const region = this.#regions.get(name);
    if (!region) throw notFound(`Unable to find shared memory region: '${name}'`);
    if (offset >= region.byte_size)
      throw invalidArgument(`Invalid offset for shared memory region: '${name}'`);
    if (offset + byteSize === 0 || offset + byteSize > region.byte_size)
      throw invalidArgument(`Invalid offset + byte size for shared memory region: '${name}'`);
    return region;
  }

  /** Closes all regions, even those in use. */
  [Symbol.dispose](): void {
    for (const region of this.#regions.values()) this.#close(region);
  }
}

type FindPart = (name: string, offset: number, byteSize: number) => Region;

/** The regions that one request reads and writes; they stay registered until this is released. */
export class RegionUse implements SharedMemory {
  readonly #find: FindPart;
  #regions: Region[] | undefined;

  constructor(find: FindPart) {
    this.#find = find;
  }

  read(name: string, offset: number, byteSize: number): Uint8Array {
    const region = this.#hold(name, offset, byteSize);
    const data = new Uint8Array(byteSize);
    readSync(region.file, data, 0, byteSize, region.offset + offset);
    return data;
  }

  claim(name: string, offset: number, byteSize: number): SharedMemoryTarget {
    const region = this.#hold(name, offset, byteSize);
    const write = (data: Uint8Array) => {
      writeSync(region.file, data, 0, data.byteLength, region.offset + offset);
    };
    return { byteSize, write };
  }

  #hold(name: string, offset: number, byteSize: number): Region {
    const region = this.#find(name, offset, byteSize);
    region.users += 1;
    this.#regions ??= [];
    this.#regions.push(region);
    return region;
  }

  /** The request has been answered. */
  release(): void {
    for (const region of this.#regions ?? []) region.users -= 1;
    this.#regions = undefined;
  }
}

/** As `shm_open` accepts them: a plain name, with or without leading slashes. */
function openKey(key: string): number {
  const file = key.replace(/^\/+/, '');
  try {
    if (file === '' || /[/\0]/.test(file)) throw new Error('not a name');
    return openSync(path.join(PLACE, file), constants.O_RDWR | constants.O_NOFOLLOW);
  } catch {
    throw internal(`Unable to open shared memory region: '${key}'`);
  }
}

function whyUnmappable(fileBytes: number, offset: number, byteSize: number): string | undefined {
  if (offset + byteSize > fileBytes) return 'invalid args';
  if (byteSize === 0 || offset % PAGE_BYTES !== 0) return 'unable to process address spaceInvalid argument';
  return undefined;
}
