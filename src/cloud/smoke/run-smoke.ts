import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../../base/index.ts';
import { compareJson, shorten, type Tolerance } from './compare.ts';
import type { SampleRequest, SampleRequests } from './sample-requests.ts';

export interface SmokeOptions {
  readonly requests: SampleRequests;
  /** Where `score` calls go. */
  readonly scoringUri: string;
  /** Base of the KServe v2 service, where `infer` calls go; without it they fail with a word on why. */
  readonly inferUrl: string | undefined;
  /** Sent as `Authorization: Bearer`; in no report. */
  readonly key: string | undefined;
  /** Limit for one answer. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** What became of one sample request. */
export interface SmokeResult {
  readonly name: string;
  readonly ok: boolean;
  /** The HTTP status, or null where no answer came. */
  readonly status: number | null;
  readonly ms: number;
  /** What was not as expected, in words; empty when ok. */
  readonly differences: readonly string[];
}

interface Call {
  readonly url: string;
  readonly init: RequestInit;
}

/**
 * Sends the sample requests one after the other and compares each answer. A request that fails is a failed row,
 * never a throw; a stopped run (`signal`) throws the signal's reason.
 */
export async function runSmoke(options: SmokeOptions): Promise<readonly SmokeResult[]> {
  const results: SmokeResult[] = [];
  for (const request of options.requests.requests) {
    options.signal.throwIfAborted();
    results.push(await runOne(request, options));
  }
  return results;
}

async function runOne(request: SampleRequest, options: SmokeOptions): Promise<SmokeResult> {
  const began = performance.now();
  let status: number | null = null;
  let differences: string[];
  try {
    const { url, init } = await callFor(request, options);
    const limit = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]);
    const response = await fetch(url, { ...init, signal: limit });
    status = response.status;
    differences = compareAnswer(request, status, await response.text(), options.requests.tolerance);
  } catch (error) {
    options.signal.throwIfAborted();
    differences = [explain(error, options.timeoutMs)];
  }
  return {
    name: request.name,
    ok: differences.length === 0,
    status,
    ms: performance.now() - began,
    differences,
  };
}

async function callFor(request: SampleRequest, options: SmokeOptions): Promise<Call> {
  const authorization = options.key === undefined ? {} : { authorization: `Bearer ${options.key}` };
  if (request.infer) {
    if (!options.inferUrl) throw new Error('an infer request needs the URL of the inference server');
    const { model, version, ...body } = request.infer;
    const versionPath = version === undefined ? '' : `/versions/${version}`;
    return {
      url: `${options.inferUrl}/v2/models/${model}${versionPath}/infer`,
      init: { method: 'POST', headers: authorization, body: JSON.stringify(body) },
    };
  }
  const { method, headers, body, text, bodyFile } = request.score ?? { method: 'POST', headers: {} };
  const payload = bodyFile
    ? new Uint8Array(await readFile(path.resolve(path.dirname(options.requests.file), bodyFile)))
    : (text ?? (body === undefined ? undefined : JSON.stringify(body)));
  return {
    url: options.scoringUri,
    init: {
      method,
      headers: { 'content-type': 'application/json', ...authorization, ...headers },
      ...(method === 'POST' && payload !== undefined && { body: payload }),
    },
  };
}

function compareAnswer(request: SampleRequest, status: number, text: string, tolerance: Tolerance): string[] {
  const { expect } = request;
  const differences: string[] = [];
  if (status !== expect.status) {
    differences.push(`status: expected ${expect.status}, got ${status} with ${shorten(text)}`);
  }
  if (expect.text !== undefined && text !== expect.text) {
    differences.push(`text: expected ${shorten(expect.text)}, got ${shorten(text)}`);
  }
  if (expect.json === undefined && expect.jsonContains === undefined && !expect.outputs) return differences;
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return [...differences, `the answer is not JSON: ${shorten(text)}`];
  }
  if (expect.json !== undefined) differences.push(...compareJson(expect.json, answer, tolerance));
  if (expect.jsonContains !== undefined) {
    differences.push(...compareJson(expect.jsonContains, answer, tolerance, { partial: true }));
  }
  if (expect.outputs) differences.push(...compareOutputs(expect.outputs, answer, tolerance));
  return differences;
}

/** Datatypes and shapes leave no room. */
const EXACT: Tolerance = { absolute: 0, relative: 0 };

function compareOutputs(
  expected: NonNullable<SampleRequest['expect']['outputs']>,
  answer: unknown,
  tolerance: Tolerance,
): string[] {
  const listed: unknown =
    answer !== null && typeof answer === 'object' ? Reflect.get(answer, 'outputs') : undefined;
  const outputs: readonly unknown[] = Array.isArray(listed) ? listed : [];
  return Object.entries(expected).flatMap(([name, tensor]) => {
    const got = outputs.find(
      (output) => output !== null && typeof output === 'object' && Reflect.get(output, 'name') === name,
    );
    if (got === undefined) return [`outputs.${name}: missing`];
    const { data, ...exact } = tensor;
    const at = { at: `outputs.${name}`, partial: true };
    return [
      ...compareJson(exact, got, EXACT, at),
      ...(data === undefined ? [] : compareJson({ data }, got, tolerance, at)),
    ];
  });
}

function explain(error: unknown, timeoutMs: number): string {
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return `no answer within ${timeoutMs} ms`;
  // fetch says only "fetch failed"; why is in its cause.
  const cause = error instanceof Error && error.cause !== undefined ? `: ${messageOf(error.cause)}` : '';
  return `no answer: ${messageOf(error)}${cause}`;
}
