import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import type { ScoreRequest } from '../../../src/python/index.ts';
import { ENVIRONMENT, TEST_PYTHON } from './project.ts';

/** Whether the real scoring server is there to be asked. */
export const hasRealServer = (() => {
  try {
    execFileSync(TEST_PYTHON, ['-c', 'import azureml_inference_server_http'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** What came over the wire, cut down to what a worker answers for. */
export interface RealAnswer {
  readonly status: number;
  /** Without what belongs to the transport: ids, version, lengths, time. */
  readonly headers: readonly (readonly [string, string])[];
  readonly runFunctionFailed: boolean | undefined;
  readonly runReturned: boolean;
  readonly body: Buffer;
}

/** azureml-inference-server-http on a free port, serving one entry script; its working directory is the script's root. */
export class RealServer implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #port: number;

  private constructor(process: ChildProcess, port: number) {
    this.#process = process;
    this.#port = port;
  }

  static async start(directory: string, script = 'score.py', environment: Record<string, string> = {}) {
    const port = await freePort();
    const child = spawn(
      TEST_PYTHON,
      ['-m', 'azureml_inference_server_http', '--entry_script', script, '--port', String(port)],
      {
        cwd: directory,
        env: {
          ...ENVIRONMENT,
          ...environment,
          PYTHONDONTWRITEBYTECODE: '1',
          PATH: `${path.dirname(TEST_PYTHON)}${path.delimiter}${ENVIRONMENT.PATH}`,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      },
    );
    let log = '';
    await new Promise<void>((resolve, reject) => {
      const onData = (chunk: Buffer) => {
        log += chunk;
        if (log.includes('ready for serving traffic')) resolve();
      };
      child.stdout.on('data', onData);
      child.stderr.on('data', onData);
      child.once('exit', (code) => reject(new Error(`the real server ended with ${code}: ${log}`)));
    });
    return new RealServer(child, port);
  }

  ask({ method, target, headers, body }: ScoreRequest): Promise<RealAnswer> {
    return new Promise((resolve, reject) => {
      const flat = headers.flat();
      if (!headers.some(([name]) => name.toLowerCase() === 'host'))
        flat.push('Host', `127.0.0.1:${this.#port}`);
      const options = { host: '127.0.0.1', port: this.#port, method, path: target, headers: flat };
      const request = http.request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve(toAnswer(response, Buffer.concat(chunks))));
        response.on('error', reject);
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    if (this.#process.pid && this.#process.exitCode === null) process.kill(-this.#process.pid, 'SIGKILL');
    await ended;
  }
}

const TRANSPORT = new Set([
  'server',
  'date',
  'connection',
  'content-length',
  'transfer-encoding',
  'x-ms-server-version',
  'x-request-id',
  'x-ms-request-id',
  'x-ms-client-request-id',
  'x-ms-run-fn-exec-ms',
]);

function toAnswer(response: http.IncomingMessage, body: Buffer): RealAnswer {
  const { rawHeaders, statusCode = 0 } = response;
  const pairs = rawHeaders.flatMap((name, at): [string, string][] =>
    at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? '']] : [],
  );
  return { status: statusCode, ...readMarks(pairs), body };
}

/** The server's marks among the headers of an answer, and the headers without those of the transport. */
export function readMarks(
  pairs: ScoreRequest['headers'],
): Pick<RealAnswer, 'headers' | 'runFunctionFailed' | 'runReturned'> {
  const headers: [string, string][] = [];
  let runFunctionFailed: boolean | undefined;
  let runReturned = false;
  for (const [name, value] of pairs) {
    const lower = name.toLowerCase();
    if (lower === 'x-ms-run-fn-exec-ms') runReturned = true;
    if (
      lower === 'x-ms-run-function-failed' &&
      runFunctionFailed === undefined &&
      /^(True|False)$/.test(value)
    )
      runFunctionFailed = value === 'True';
    else if (!TRANSPORT.has(lower)) headers.push([name, value]);
  }
  return { headers, runFunctionFailed, runReturned };
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
