import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Where Linux keeps files in memory. */
const MEMORY = '/dev/shm';
/** A file costs more than the pipe does below this. */
const FILE_BYTES = 256 * 1024;

/**
 * A folder in memory through which large tensors go between us and a Python model: one copy in, one out. Whoever reads
 * a file removes it.
 */
export class TensorFiles implements AsyncDisposable {
  readonly directory: string;
  #count = 0;

  private constructor(directory: string) {
    this.directory = directory;
  }

  /**
   * Undefined where this system has no such place; tensors then go through the pipe.
   * @param prefix begins the folder's name, so that it is found again should this process be killed
   */
  static async create(prefix = `triton-local-${process.pid}-`): Promise<TensorFiles | undefined> {
    if (process.platform !== 'linux' || !existsSync(MEMORY)) return undefined;
    const directory = path.join(MEMORY, `${prefix}tensors-${randomUUID().slice(0, 8)}`);
    try {
      await mkdir(directory, { mode: 0o700 });
    } catch {
      return undefined;
    }
    return new TensorFiles(directory);
  }

  takes(size: number): boolean {
    return size >= FILE_BYTES;
  }

  /** @returns the name of a new file with these bytes */
  async write(data: Uint8Array): Promise<string> {
    this.#count += 1;
    const name = `p${this.#count}`;
    await writeFile(path.join(this.directory, name), data, { flag: 'wx', mode: 0o600 });
    return name;
  }

  /** Reads and removes a file that a model worker wrote. @throws Error where it is not as long as was told */
  async read(name: string, size: number): Promise<Uint8Array> {
    const file = path.join(this.directory, path.basename(name));
    const data = await readFile(file);
    await unlink(file);
    if (data.byteLength !== size)
      throw new Error(`a tensor's file holds ${data.byteLength} bytes instead of ${size}`);
    return data;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, force: true, maxRetries: 3 });
  }
}
