import { execFileSync } from 'node:child_process';
import http from 'node:http';
import type { ScoreRequest } from '../../../src/python/index.ts';
import { RealScoringServer } from '../../helpers/real-scoring-server.ts';
import { TEST_PYTHON } from './project.ts';

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

/** `azureml-inference-server-http` with one entry script; the script's folder is the working directory. */
export class RealServer implements AsyncDisposable {
  readonly #server: RealScoringServer;

  private constructor(server: RealScoringServer) {
    this.#server = server;
  }

  static async start(directory: string, script = 'score.py', variables: Record<string, string> = {}) {
    return new RealServer(await RealScoringServer.start(script, { directory, variables }));
  }

  ask({ method, target, headers, body }: ScoreRequest): Promise<RealAnswer> {
    return new Promise((resolve, reject) => {
      const flat = headers.flat();
      if (!headers.some(([name]) => name.toLowerCase() === 'host'))
        flat.push('Host', `127.0.0.1:${this.#server.port}`);
      const options = { host: '127.0.0.1', port: this.#server.port, method, path: target, headers: flat };
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

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server[Symbol.asyncDispose]();
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
