import { messageOf, systemError, type TritonLocalError, userError } from '../../base/index.ts';
import type { EventSink } from '../../events/index.ts';
import type { EngineEndpoints } from '../../proxy/index.ts';
import type { Engine, RunningEngine } from '../engine.ts';
import { ModelBoard } from '../model-board.ts';
import { TritonClient, TritonRefusal } from '../triton-client.ts';
import { readTls, type TlsFiles } from './tls.ts';

export interface ExternalEngineOptions {
  /** Base URL of the server, without trailing slash. */
  readonly url: string;
  /** `grpc://HOST:PORT` or `grpcs://HOST:PORT`. */
  readonly grpcUrl?: string | undefined;
  readonly metricsUrl?: string | undefined;
  /** Sent with every request to it. */
  readonly headers: Readonly<Record<string, string>>;
  /** PEM files for TLS. */
  readonly tlsFiles?: TlsFiles;
  /** Whether the project has models, which are not sent to this server. */
  readonly hasLocalModels: boolean;
  readonly events: EventSink;
}

const POLL_MS = 2_000;

/**
 * A Triton that is not ours: on a GPU machine, behind a port-forward, in a cluster. We only read from it: health,
 * metadata, the index, statistics. We send nothing that changes its state, and never stop it.
 */
export class ExternalEngine implements Engine {
  readonly kind = 'external';
  readonly #options: ExternalEngineOptions;

  constructor(options: ExternalEngineOptions) {
    this.#options = options;
  }

  /** @throws ENGINE_UNAVAILABLE if nothing at the URL answers as Triton does */
  async start(signal: AbortSignal): Promise<RunningEngine> {
    const { url, grpcUrl, metricsUrl, headers, tlsFiles, events, hasLocalModels } = this.#options;
    const endpoints = {
      http: url,
      headers,
      ...(grpcUrl && { grpc: grpcUrl }),
      ...(metricsUrl && { metrics: metricsUrl }),
      ...(tlsFiles && { tls: await readTls(tlsFiles) }),
    };
    const client = new TritonClient(endpoints);
    try {
      const version = await describe(client, url);
      signal.throwIfAborted();
      if (hasLocalModels) {
        const text = `the models are served by ${url}; the models of this project, and changes to them, are not sent there`;
        events.emit({ type: 'log.line', source: 'emulator', level: 'info', text });
      }
      const running = new RunningExternal({ endpoints, version, events }, client);
      await running.refresh();
      return running;
    } catch (error) {
      await client[Symbol.asyncDispose]();
      throw error;
    }
  }
}

async function describe(client: TritonClient, url: string): Promise<string> {
  try {
    return await client.version();
  } catch (error) {
    const refused =
      error instanceof TritonRefusal ? `it answers ${error.status}: ${error.message}` : messageOf(error);
    throw systemError('ENGINE_UNAVAILABLE', `no Triton answers at ${url}: ${refused}`, {
      hint: hintFor(error),
      cause: error,
    });
  }
}

/** OpenSSL's codes for a certificate that it does not trust. */
const UNTRUSTED = /^(?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_)/;

function hintFor(error: unknown): string {
  if (error instanceof Error && 'code' in error && UNTRUSTED.test(String(error.code)))
    return 'pass its certificate, or that of its authority, with --triton-ca';
  return 'check --triton-url and --triton-header, and that a port-forward is up: curl URL/v2';
}

interface ExternalFacts {
  readonly endpoints: EngineEndpoints;
  readonly version: string;
  readonly events: EventSink;
}

class RunningExternal implements RunningEngine {
  readonly kind = 'external';
  readonly gpu = null;
  readonly version: string;
  readonly endpoints: RunningEngine['endpoints'];
  /** Never resolves: we did not start the server, and while it is unreachable, requests wait. */
  readonly exited = new Promise<string>(() => {});
  readonly #facts: ExternalFacts;
  readonly #client: TritonClient;
  readonly #board: ModelBoard;
  readonly #timer: NodeJS.Timeout;
  #answers = true;
  #refreshing: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(facts: ExternalFacts, client: TritonClient) {
    this.#facts = facts;
    this.#client = client;
    this.#board = new ModelBoard(facts.events);
    this.version = facts.version;
    this.endpoints = facts.endpoints;
    this.#timer = setInterval(() => void this.refresh(), POLL_MS);
    this.#timer.unref();
  }

  get modelsAt(): string {
    return this.#facts.endpoints.http;
  }

  /** @throws MODELS_ELSEWHERE always */
  async load(model: string): Promise<void> {
    throw notOurs(model, this.modelsAt, 'load');
  }

  /** @throws MODELS_ELSEWHERE always */
  async unload(model: string): Promise<void> {
    throw notOurs(model, this.modelsAt, 'unload');
  }

  models() {
    return this.#board.models;
  }

  /** The files are on the server's machine, so its reason is all we know. */
  async loadFailure(): Promise<undefined> {}

  /** Reads the index; one read at a time. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#readIndex().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #readIndex(): Promise<void> {
    try {
      const index = await this.#client.index();
      if (this.#closed) return;
      this.#board.update(index);
      this.#setReachable(true, '');
    } catch (error) {
      if (!this.#closed) this.#setReachable(false, messageOf(error));
    }
  }

  /** Logs a change of reachability once. */
  #setReachable(answers: boolean, problem: string): void {
    if (this.#answers === answers) return;
    this.#answers = answers;
    const { events, endpoints } = this.#facts;
    const url = endpoints.http;
    const text = answers
      ? `the Triton at ${url} answers again`
      : `the Triton at ${url} does not answer: ${problem}`;
    events.emit({ type: 'log.line', source: 'emulator', level: answers ? 'info' : 'warning', text });
  }

  [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#closed ??= this.#client[Symbol.asyncDispose]();
    return this.#closed;
  }
}

function notOurs(model: string, url: string, verb: 'load' | 'unload'): TritonLocalError {
  return userError(
    'MODELS_ELSEWHERE',
    `'${model}' is served by the Triton at ${url}: nothing was sent to it`,
    {
      hint: `change its model repository, then ask it yourself: curl -X POST ${url}/v2/repository/models/${encodeURIComponent(model)}/${verb}`,
    },
  );
}
