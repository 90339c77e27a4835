import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/** Whether the load generator is installed; prints a notice if not. */
export function haveWrk() {
  if (!spawnSync('wrk', ['--version']).error) return true;
  process.stdout.write('skipped: there is no wrk on PATH (apt install wrk, brew install wrk)\n');
  return false;
}

/** A POST request as a script for wrk, in a folder of its own. */
export class WrkRequest {
  #folder;

  static async create({ headers = {}, body }) {
    const request = new WrkRequest();
    request.#folder = await mkdtemp(path.join(tmpdir(), 'triton-local-wrk-'));
    const bodyFile = path.join(request.#folder, 'body');
    const lines = Object.entries(headers).map(([key, value]) => `wrk.headers["${key}"] = "${value}"`);
    await writeFile(bodyFile, body);
    await writeFile(
      request.#script,
      `wrk.method = "POST"\nwrk.body = io.open("${bodyFile}", "rb"):read("*a")\n${lines.join('\n')}\n${REPORT}`,
    );
    return request;
  }

  get #script() {
    return path.join(this.#folder, 'request.lua');
  }

  /**
   * Sends it over `connections` kept-alive connections for `seconds`. wrk looks at statuses only: that the answer is
   * right has to be seen before.
   * @returns requests per second, p50 and p99 in milliseconds, and how many there were
   * @throws when a request failed
   */
  async send(url, { connections, seconds }) {
    const args = [
      `-t${Math.min(connections, 2)}`,
      `-c${connections}`,
      `-d${seconds}s`,
      '-s',
      this.#script,
      url,
    ];
    const { stdout } = await promisify(execFile)('wrk', args);
    const found = /FIGURES (\S+) (\S+) (\S+) (\d+) (\d+)/.exec(stdout);
    const [rate, p50, p99, requests, failed] = (found ?? []).slice(1).map(Number);
    if (failed !== 0) throw new Error(`wrk saw failures: ${stdout}`);
    return { rate, p50, p99, requests };
  }

  async [Symbol.asyncDispose]() {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

const REPORT = `done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format("FIGURES %f %f %f %d %d\\n", summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, summary.requests,
    errors.status + errors.read + errors.write + errors.timeout + errors.connect))
end
`;
