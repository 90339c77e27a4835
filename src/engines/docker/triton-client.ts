import http from 'node:http';
import { userError } from '../../base/index.ts';
import type { ModelState, ModelStatus } from '../../events/index.ts';

export interface Answer {
  readonly status: number;
  readonly text: string;
}

const PROBE_LIMIT_MS = 2_000;
/** A load may take minutes; the caller's own limits and the container's end cut it short. */
const LOAD_LIMIT_MS = 3_600_000;
const STATES: readonly string[] = ['UNKNOWN', 'LOADING', 'READY', 'UNLOADING', 'UNAVAILABLE'];

/**
 * What the engine itself asks of its Triton. Plain `http` and a limit of its own for every request: docker-proxy
 * accepts and closes connections while nothing listens in the container, and Node 20's `fetch` may never settle then.
 */
export class TritonClient {
  readonly #base: string;
  readonly #repository: string;

  /** `repository` is the folder that lies at `/models` inside; reasons name it instead. */
  constructor(base: string, repository: string) {
    this.#base = base;
    this.#repository = repository;
  }

  /** Triton's words with our paths. */
  translate(text: string): string {
    return text.replaceAll(/(^|[\s'"(])\/models(?=\/)/g, (_all, before: string) => before + this.#repository);
  }

  /** Whether it answers at all: Triton opens its ports once every model was tried (triton.md section 6.2). */
  async live(): Promise<boolean> {
    return (await this.#ask('GET', '/v2/health/live').catch(() => undefined))?.status === 200;
  }

  async version(): Promise<string> {
    const { text } = await this.#ask('GET', '/v2');
    const { version }: { version?: unknown } = JSON.parse(text);
    return typeof version === 'string' ? version : '';
  }

  /** Every version that Triton knows of; an entry without a state is a folder that was never loaded. */
  async index(): Promise<readonly ModelStatus[]> {
    const { text } = await this.#ask('POST', '/v2/repository/index', PROBE_LIMIT_MS * 5);
    const entries: unknown = JSON.parse(text);
    return Array.isArray(entries) ? entries.map(statusOf) : [];
  }

  /** @throws MODEL_LOAD_FAILED with Triton's reason. */
  async load(model: string): Promise<void> {
    const path = `/v2/repository/models/${encodeURIComponent(model)}/load`;
    const { status, text } = await this.#ask('POST', path, LOAD_LIMIT_MS);
    if (status === 200) return;
    throw userError(
      'MODEL_LOAD_FAILED',
      `model '${model}' was not loaded: ${this.translate(reasonIn(text))}`,
    );
  }

  /** @throws MODEL_UNLOAD_FAILED with Triton's reason. */
  async unload(model: string): Promise<void> {
    const path = `/v2/repository/models/${encodeURIComponent(model)}/unload`;
    const { status, text } = await this.#ask('POST', path, LOAD_LIMIT_MS);
    if (status === 200) return;
    throw userError(
      'MODEL_UNLOAD_FAILED',
      `model '${model}' was not unloaded: ${this.translate(reasonIn(text))}`,
    );
  }

  #ask(method: 'GET' | 'POST', path: string, limitMs = PROBE_LIMIT_MS): Promise<Answer> {
    return ask(method, this.#base + path, limitMs);
  }
}

/** One request on a connection of its own. @throws whatever the connection, or the limit, ended with. */
export function ask(method: 'GET' | 'POST', url: string, limitMs: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(limitMs);
    const request = http.request(url, { method, agent: false, signal }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') }),
      );
      response.on('close', () => reject(new Error('the connection closed within the answer')));
    });
    request.on('error', reject);
    request.end();
  });
}

function statusOf(entry: {
  name?: unknown;
  version?: unknown;
  state?: unknown;
  reason?: unknown;
}): ModelStatus {
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  const state = text(entry.state);
  return {
    name: text(entry.name),
    version: text(entry.version),
    // Never loaded although all were asked for: its configuration could not be read; the log says why.
    state: STATES.includes(state) ? (state as ModelState) : 'UNAVAILABLE',
    reason: state === '' ? 'its configuration could not be read' : text(entry.reason),
  };
}

function reasonIn(text: string): string {
  try {
    const { error }: { error?: unknown } = JSON.parse(text);
    return typeof error === 'string' ? error : text;
  } catch {
    return text;
  }
}
