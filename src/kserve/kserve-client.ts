import { Agent, request } from 'undici';
import { type Datatype, isDatatype } from './datatypes.ts';
import type { ModelMetadata, Tensor } from './messages.ts';

/** A request that the server refused: its status and message. */
export class KServeResponseError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'KServeResponseError';
    this.status = status;
  }
}

export interface ClientRequest {
  readonly id?: string;
  readonly version?: string;
  readonly inputs: readonly Tensor[];
  /** Names; if omitted, all. */
  readonly outputs?: readonly string[];
}

export interface ClientResponse {
  readonly id: string;
  readonly modelName: string;
  readonly modelVersion: string;
  readonly outputs: readonly Tensor[];
}

export interface KServeClientOptions {
  /** Base URL, such as `http://localhost:8000`. */
  readonly url: string;
  readonly timeoutMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An HTTP client for any KServe v2 server; it sends and requests binary tensors. */
export class KServeClient implements AsyncDisposable {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #agent: Agent;

  constructor({ url, timeoutMs = 30_000, headers = {} }: KServeClientOptions) {
    this.#url = url.replace(/\/+$/, '');
    this.#headers = headers;
    this.#agent = new Agent({ headersTimeout: timeoutMs, bodyTimeout: timeoutMs, connectTimeout: timeoutMs });
  }

  /** Whether the server, or one of its models, reports that it is ready; false if nothing answers. */
  async ready(model?: string): Promise<boolean> {
    const target = model === undefined ? '/v2/health/ready' : `/v2/models/${model}/ready`;
    try {
      const { statusCode, body } = await request(this.#url + target, { dispatcher: this.#agent });
      await body.dump();
      return statusCode === 200;
    } catch {
      return false;
    }
  }

  /** @throws KServeResponseError */
  async metadata(model: string, version?: string): Promise<ModelMetadata> {
    const { json } = await this.#send('GET', modelPath(model, version));
    return json as ModelMetadata;
  }

  /** @throws KServeResponseError with the server's text */
  async infer(model: string, message: ClientRequest, signal?: AbortSignal): Promise<ClientResponse> {
    const { json, binary } = await this.#send(
      'POST',
      `${modelPath(model, message.version)}/infer`,
      encodeRequest(message),
      signal,
    );
    return decodeResponse(json as WireResponse, binary);
  }

  async #send(
    method: 'GET' | 'POST',
    path: string,
    content: { header: number; body: Buffer } | undefined = undefined,
    signal: AbortSignal | undefined = undefined,
  ): Promise<{ json: unknown; binary: Buffer }> {
    const headers: Record<string, string> = { ...this.#headers };
    if (content) headers['inference-header-content-length'] = String(content.header);
    const response = await request(this.#url + path, {
      method,
      headers,
      dispatcher: this.#agent,
      body: content?.body ?? null,
      signal: signal ?? null,
    });
    const bytes = Buffer.from(await response.body.arrayBuffer());
    if (response.statusCode !== 200) throw new KServeResponseError(response.statusCode, errorText(bytes));
    const header = Number(response.headers['inference-header-content-length'] ?? bytes.length);
    return { json: JSON.parse(bytes.toString('utf8', 0, header)), binary: bytes.subarray(header) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }
}

function modelPath(model: string, version: string | undefined): string {
  return version === undefined ? `/v2/models/${model}` : `/v2/models/${model}/versions/${version}`;
}

function errorText(body: Buffer): string {
  const text = body.toString('utf8');
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed && 'error' in parsed) return String(parsed.error);
  } catch {
    // Not every error is JSON; the plain text will do.
  }
  return text;
}

function encodeRequest({ id, inputs, outputs }: ClientRequest): { header: number; body: Buffer } {
  const json = Buffer.from(
    JSON.stringify({
      ...(id === undefined ? {} : { id }),
      inputs: inputs.map(({ name, datatype, shape, data }) => ({
        name,
        datatype,
        shape,
        parameters: { binary_data_size: data.byteLength },
      })),
      ...(outputs
        ? { outputs: outputs.map((name) => ({ name, parameters: { binary_data: true } })) }
        : { parameters: { binary_data_output: true } }),
    }),
  );
  return { header: json.length, body: Buffer.concat([json, ...inputs.map(({ data }) => data)]) };
}

interface WireResponse {
  readonly id?: string;
  readonly model_name: string;
  readonly model_version: string;
  readonly outputs: readonly {
    readonly name: string;
    readonly datatype: string;
    readonly shape: readonly number[];
    readonly parameters?: { readonly binary_data_size?: number };
  }[];
}

function decodeResponse(json: WireResponse, binary: Buffer): ClientResponse {
  let at = 0;
  const outputs = json.outputs.map(({ name, datatype, shape, parameters }): Tensor => {
    if (!isDatatype(datatype)) throw new KServeResponseError(200, `unknown datatype ${datatype}`);
    const size = parameters?.binary_data_size ?? 0;
    const data = binary.subarray(at, at + size);
    at += size;
    return { name, datatype: datatype satisfies Datatype, shape, data };
  });
  return { id: json.id ?? '', modelName: json.model_name, modelVersion: json.model_version, outputs };
}
