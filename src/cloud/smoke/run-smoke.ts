import { Agent, type Dispatcher, request as send } from 'undici';
import { messageOf } from '../../base/index.ts';
import { type Answer, compareAnswer } from './answer.ts';
import { buildCall, type Call, type SmokeEndpoints } from './call.ts';
import { redact } from './compare.ts';
import type { SampleRequest, SampleRequests } from './sample-requests.ts';

export interface SmokeOptions extends SmokeEndpoints {
  readonly requests: SampleRequests;
  /** Limit for one response. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Starts collecting the service's log for one request; the returned function stops it and returns the lines. */
  readonly collectLog?: () => () => readonly string[];
}

/** What was sent and received, without secrets; long bodies are truncated. */
export interface SmokeEvidence {
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | null;
  };
  /** Null if there was no response. */
  readonly answer: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  } | null;
  /** The generation of the script that answered, from the service's header; null without one. */
  readonly generation: number | null;
  /** What the service logged in the meantime; empty if its log is not accessible. */
  readonly log: readonly string[];
}

/** The result of one sample request. */
export interface SmokeResult {
  readonly name: string;
  readonly ok: boolean;
  /** The HTTP status, or null if there was no response. */
  readonly status: number | null;
  readonly ms: number;
  /** The differences from the expectation as text; empty if ok. */
  readonly differences: readonly string[];
  /** For a failed request that could be sent. */
  readonly evidence?: SmokeEvidence;
}

/** Larger responses are not read completely. */
const MAX_ANSWER_BYTES = 256 * 2 ** 20;

/**
 * Sends the sample requests one after the other and compares each response. A request that fails is a failed result,
 * never an exception; an aborted run (`signal`) throws the signal's reason. Redirects are not followed. No result ever
 * contains the key or an Authorization header of the file.
 */
export async function runSmoke(options: SmokeOptions): Promise<readonly SmokeResult[]> {
  const { timeoutMs } = options;
  // A signal limits each request as a whole, so undici's own limits are off.
  const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0, connect: { timeout: timeoutMs } });
  try {
    const results: SmokeResult[] = [];
    for (const request of options.requests.requests) {
      options.signal.throwIfAborted();
      results.push(await runOne(request, options, agent));
    }
    return results;
  } finally {
    await agent.destroy();
  }
}

async function runOne(
  request: SampleRequest,
  options: SmokeOptions,
  dispatcher: Dispatcher,
): Promise<SmokeResult> {
  const { requests, timeoutMs, signal } = options;
  const secrets = secretsOf(request, options);
  const limit = AbortSignal.timeout(timeoutMs);
  let began = performance.now();
  let elapsed: number | undefined;
  let differences: string[];
  let call: Call | undefined;
  let answer: Answer | undefined;
  const stopLog = options.collectLog?.();
  try {
    call = await buildCall(request, requests, options);
    began = performance.now();
    answer = await sendCall(call, dispatcher, AbortSignal.any([signal, limit]));
    elapsed = performance.now() - began;
    differences = compareAnswer(request.expect, answer, requests.tolerance, secrets);
  } catch (error) {
    signal.throwIfAborted();
    differences = [limit.aborted ? `no answer within ${timeoutMs} ms` : `no answer: ${explain(error)}`];
  }
  const log = stopLog?.() ?? [];
  const ok = differences.length === 0;
  return {
    name: request.name,
    ok,
    status: answer?.status ?? null,
    ms: elapsed ?? performance.now() - began,
    differences: differences.map((difference) => redact(difference, secrets)),
    ...(!ok && call && { evidence: evidenceOf(call, answer, log, secrets) }),
  };
}

const MOST_EVIDENCE_CHARACTERS = 10_000;

function evidenceOf(
  call: Call,
  answer: Answer | undefined,
  log: readonly string[],
  secrets: readonly string[],
): SmokeEvidence {
  const clean = (text: string) => redact(text, secrets);
  const bodyText = (body: string | Buffer) => {
    const text = body.toString('utf8');
    const cut = text.length - MOST_EVIDENCE_CHARACTERS;
    return clean(cut <= 0 ? text : `${text.slice(0, MOST_EVIDENCE_CHARACTERS)}… (${cut} characters more)`);
  };
  const headers = (fields: Answer['headers']) =>
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, clean(String(value ?? ''))]));
  const generation = Number(answer?.headers['x-triton-local-generation'] ?? Number.NaN);
  return {
    request: {
      method: call.method,
      url: clean(call.url.href),
      headers: headers(call.headers),
      body: call.body === null ? null : bodyText(call.body),
    },
    answer: answer
      ? { status: answer.status, headers: headers(answer.headers), body: bodyText(answer.body) }
      : null,
    generation: Number.isInteger(generation) ? generation : null,
    log: log.map(clean),
  };
}

async function sendCall(
  { url, method, headers, body }: Call,
  dispatcher: Dispatcher,
  signal: AbortSignal,
): Promise<Answer> {
  const answer = await send(url, { method: method as 'POST', headers, body, dispatcher, signal });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer.body) {
    size += (chunk as Buffer).length;
    if (size > MAX_ANSWER_BYTES) throw new Error(`it is larger than ${MAX_ANSWER_BYTES / 2 ** 20} MiB`);
    chunks.push(chunk as Buffer);
  }
  return { status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks) };
}

/** The key, and the request's own `Authorization` header with and without its scheme. */
function secretsOf({ score }: SampleRequest, { key }: SmokeOptions): string[] {
  const own = Object.entries(score?.headers ?? {}).find(([name]) => name.toLowerCase() === 'authorization');
  const value = own?.[1] ?? '';
  return [key ?? '', value, value.slice(value.indexOf(' ') + 1)].filter((secret) => secret !== '');
}

/** Why there was no response, by error code. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused: nothing listens there',
  ECONNRESET: 'the connection was closed before the answer came',
  UND_ERR_SOCKET: 'the connection was closed before the answer came',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'the name server did not answer',
};

function explain(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? messageOf(error);
}
