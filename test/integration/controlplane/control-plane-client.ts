import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import type { AzureCli } from '../../e2e/azure-cli.ts';
import { checkoutCli } from '../../helpers/emulator-process.ts';

export interface RawAnswer {
  readonly status: number;
  readonly body: string;
}

export interface RawRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export const WORKSPACE =
  '/subscriptions/sub/resourceGroups/group/providers/Microsoft.MachineLearningServices/workspaces/ws';

/** Sends bytes of its own to the control plane, as no SDK would, while an `exec` keeps it running. */
export class ControlPlaneClient implements AsyncDisposable {
  readonly environment: Readonly<Record<string, string>>;
  /** An access token of the control plane. */
  token = '';
  readonly #holder: ChildProcess;
  readonly #agent: https.Agent;

  private constructor(holder: ChildProcess, environment: Record<string, string>, ca: Buffer) {
    this.#holder = holder;
    this.environment = environment;
    // Some tests send another `Host`, by which Node would check the certificate.
    this.#agent = new https.Agent({ ca, keepAlive: true, maxSockets: 8, servername: 'localhost' });
  }

  static async start(az: AzureCli): Promise<ControlPlaneClient> {
    const [program = '', ...first] = checkoutCli;
    const code = 'console.log(JSON.stringify(process.env)); process.stdin.resume()';
    const holder = spawn(program, [...first, 'exec', '--', process.execPath, '-e', code], {
      cwd: az.project.directory,
      env: az.environment,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let output = '';
    for await (const chunk of holder.stdout ?? []) {
      output += chunk;
      if (output.includes('\n')) break;
    }
    const environment = JSON.parse(output);
    const client = new ControlPlaneClient(holder, environment, await readFile(environment.SSL_CERT_FILE));
    client.token = await client.#fetchToken();
    return client;
  }

  get origin(): string {
    return new URL(this.environment.ARM_CLOUD_METADATA_URL ?? '').origin;
  }

  /** Sends the path as it is, without resolving `..`. */
  async send(path: string, { method = 'GET', headers = {}, body }: RawRequest = {}): Promise<RawAnswer> {
    const { hostname, port } = new URL(this.origin);
    return new Promise((resolve, reject) => {
      const request = https.request(
        { hostname, port, path, method, agent: this.#agent, headers: { ...headers } },
        (response) => {
          text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
        },
      );
      request.on('error', reject);
      request.end(body);
    });
  }

  /** The same with the access token; an object is sent as JSON. */
  arm(
    path: string,
    request: Omit<RawRequest, 'body'> & { readonly body?: unknown } = {},
  ): Promise<RawAnswer> {
    const { body, headers, ...rest } = request;
    const isRaw = typeof body === 'string' || Buffer.isBuffer(body);
    return this.send(path, {
      ...rest,
      ...(body !== undefined && { body: isRaw ? body : JSON.stringify(body) }),
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
    });
  }

  async #fetchToken(): Promise<string> {
    const { IDENTITY_ENDPOINT = '', IDENTITY_HEADER = '' } = this.environment;
    const url = `${IDENTITY_ENDPOINT}?api-version=2019-08-01&resource=${encodeURIComponent(this.origin)}`;
    const headers = { 'x-identity-header': IDENTITY_HEADER, metadata: 'true' };
    if (url.startsWith('http:')) {
      const answer = await fetch(url, { headers });
      return ((await answer.json()) as { access_token: string }).access_token;
    }
    const { pathname, search } = new URL(url);
    return JSON.parse((await this.send(pathname + search, { headers })).body).access_token;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    const ended = new Promise((resolve) => this.#holder.once('close', resolve));
    this.#holder.stdin?.end();
    await ended;
  }
}
