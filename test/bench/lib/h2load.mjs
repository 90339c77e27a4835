import { execFile, spawnSync } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { median } from './figures.mjs';

/** Whether the load generator for HTTP/2 is there; says so where it is not. */
export function haveH2load() {
  if (!spawnSync('h2load', ['--version']).error) return true;
  process.stdout.write(
    'skipped: there is no h2load on PATH (apt install nghttp2-client, brew install nghttp2)\n',
  );
  return false;
}

/** A gRPC call that h2load repeats. It looks at HTTP statuses only: that the answer is right has to be seen before. */
export class GrpcLoad {
  #folder;
  #path;

  /** @param message the bytes of its one message; files are kept in `folder` */
  static async create(folder, method, message) {
    const load = new GrpcLoad();
    load.#folder = folder;
    load.#path = `/inference.GRPCInferenceService/${method}`;
    const header = Buffer.alloc(5);
    header.writeUInt32BE(message.length, 1);
    await writeFile(load.#body, Buffer.concat([header, message]));
    return load;
  }

  get #body() {
    return path.join(this.#folder, `${path.basename(this.#path)}.bin`);
  }

  /** @returns calls per second and the median of their milliseconds */
  async send(address, { connections, calls, seconds }) {
    const log = path.join(this.#folder, 'h2load.log');
    const { stdout } = await promisify(execFile)('h2load', [
      ...['-D', String(seconds), '-c', String(connections), '-m', String(calls), '-t', '1'],
      ...['-d', this.#body, '--log-file', log],
      ...['-H', 'content-type: application/grpc', '-H', 'te: trailers'],
      `http://${address}${this.#path}`,
    ]);
    const rate = Number(/finished in [^,]+, ([\d.]+) req\/s/.exec(stdout)?.[1]);
    const lines = (await readFile(log, 'utf8')).trimEnd().split('\n');
    await rm(log);
    return { rate, p50: median(lines.map((line) => Number(line.split('\t')[2]))) / 1_000 };
  }
}
