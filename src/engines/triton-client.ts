import { Agent, type Dispatcher } from 'undici';
import type { ModelState } from '../events/index.ts';
import type { EngineEndpoints } from '../proxy/index.ts';

/** One line of Triton's repository index (docs/reference/triton.md#repository-index). */
export interface IndexEntry {
  readonly name: string;
  readonly version?: string;
  readonly state?: ModelState;
  readonly reason?: string;
}

/** A call of the statistics extension that was counted, and how long all of them took together. */
interface Counted {
  readonly count: number;
  readonly ns: number;
}

/** What a loaded version has done since it was loaded (docs/reference/triton.md#statistics). */
export interface StatisticsEntry {
  readonly name: string;
  readonly version: string;
  readonly inference_count: number;
  readonly execution_count: number;
  readonly inference_stats: Readonly<
    Record<'success' | 'fail' | 'queue' | 'compute_input' | 'compute_infer' | 'compute_output', Counted>
  >;
}

/** Triton refused; `message` is its text. */
export class TritonRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'TritonRefusal';
    this.status = status;
  }
}

const PROBE_LIMIT_MS = 2_000;
const MAX_ANSWER_BYTES = 64 << 20;

/** What we ask of a Triton server ourselves, past the gateway. */
export class TritonClient implements AsyncDisposable {
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #agent: Agent;

  constructor({ http, headers = {}, tls }: Pick<EngineEndpoints, 'http' | 'headers' | 'tls'>) {
    this.#url = new URL(`${http.replace(/\/+$/, '')}/`);
    this.#headers = headers;
    // A load answers when the model is ready, however long that takes. Idle connections are given up at once: a
    // server that stops waits for them.
    this.#agent = new Agent({
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: 1,
      connect: { timeout: 5_000, ...tls },
    });
  }

  /** Whether it answers that it is live, or ready; false too where nothing answers within 2 s. */
  async answers(probe: 'live' | 'ready'): Promise<boolean> {
    try {
      const { status } = await this.#send('GET', `v2/health/${probe}`, AbortSignal.timeout(PROBE_LIMIT_MS));
      return status === 200;
    } catch {
      return false;
    }
  }

  /** @throws TritonRefusal, or what the connection failed with */
  async version(signal = AbortSignal.timeout(PROBE_LIMIT_MS)): Promise<string> {
    const metadata = await this.#json('GET', 'v2', signal);
    const version = typeof metadata === 'object' && metadata && 'version' in metadata && metadata.version;
    return typeof version === 'string' ? version : 'unknown';
  }

  /** @throws TritonRefusal, or what the connection failed with */
  async index(signal = AbortSignal.timeout(PROBE_LIMIT_MS * 5)): Promise<readonly IndexEntry[]> {
    const entries = await this.#json('POST', 'v2/repository/index', signal);
    return Array.isArray(entries) ? (entries as IndexEntry[]) : [];
  }

  /** Of all versions that are ready. @throws TritonRefusal, or what the connection failed with */
  async statistics(signal = AbortSignal.timeout(PROBE_LIMIT_MS)): Promise<readonly StatisticsEntry[]> {
    const told = await this.#json('GET', 'v2/models/stats', signal);
    const stats = typeof told === 'object' && told && 'model_stats' in told && told.model_stats;
    return Array.isArray(stats) ? (stats as StatisticsEntry[]) : [];
  }

  /** @throws TritonRefusal with Triton's reason */
  async load(model: string, signal?: AbortSignal): Promise<void> {
    await this.#json('POST', `v2/repository/models/${encodeURIComponent(model)}/load`, signal);
  }

  /** @throws TritonRefusal with Triton's reason */
  async unload(model: string, signal?: AbortSignal): Promise<void> {
    await this.#json('POST', `v2/repository/models/${encodeURIComponent(model)}/unload`, signal);
  }

  async #json(method: 'GET' | 'POST', path: string, signal?: AbortSignal): Promise<unknown> {
    const { status, text } = await this.#send(method, path, signal);
    if (status !== 200) throw new TritonRefusal(status, errorText(text));
    return text === '' ? undefined : JSON.parse(text);
  }

  async #send(
    method: Dispatcher.HttpMethod,
    path: string,
    signal?: AbortSignal,
  ): Promise<{ status: number; text: string }> {
    const { statusCode, body } = await this.#agent.request({
      origin: this.#url.origin,
      path: this.#url.pathname + path,
      method,
      headers: this.#headers,
      signal: signal ?? null,
    });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES) throw new TritonRefusal(statusCode, `the answer to ${path} is too large`);
      chunks.push(chunk);
    }
    return { status: statusCode, text: Buffer.concat(chunks).toString('utf8') };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }
}

function errorText(text: string): string {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed && 'error' in parsed) return String(parsed.error);
  } catch {
    // Not every error is JSON; the bare text says as much.
  }
  return text;
}
