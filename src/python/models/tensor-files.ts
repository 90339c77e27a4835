import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Linux's file system in memory. */
const MEMORY = '/dev/shm';
/** Below this size, a file costs more than the pipe. */
const FILE_BYTES = 256 * 1024;

/**
 * A folder in memory to exchange large tensors with a Python model: one copy in, one out. The reader of a file removes
 * it.
 */
export class TensorFiles implements AsyncDisposable {
  readonly directory: string;
  #count = 0;

  private constructor(directory: string) {
    this.directory = directory;
  }

  /**
   * Undefined if this system has no such file system; tensors then go through the pipe.
   * @param prefix begins the folder's name, so that it can be found after this process was killed
   */
  static async create(
    prefix = `triton-local-${process.pid}-`,
    platform: NodeJS.Platform = process.platform,
  ): Promise<TensorFiles | undefined> {
    if (platform !== 'linux' || !existsSync(MEMORY)) return undefined;
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

  /** Writes a new file with these bytes and returns its name. */
  async write(data: Uint8Array): Promise<string> {
    this.#count += 1;
    const name = `p${this.#count}`;
    await writeFile(path.join(this.directory, name), data, { flag: 'wx', mode: 0o600 });
    return name;
  }

  /** Reads and removes a file that a model worker wrote. @throws Error if its size differs from the announced one */
  async read(name: string, size: number): Promise<Uint8Array> {
    const file = path.join(this.directory, path.basename(name));
    const data = await readFile(file);
    await unlink(file);
    if (data.byteLength !== size)
      throw new Error(`a tensor's file has ${data.byteLength} bytes instead of ${size}`);
    return data;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, force: true, maxRetries: 3 });
  }
}
