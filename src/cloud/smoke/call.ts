import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../../base/index.ts';
import { writeJson } from './loose-json.ts';
import type { SampleRequest, SampleRequests } from './sample-requests.ts';

/** The endpoints that sample requests are sent to. */
export interface SmokeEndpoints {
  /** The service's scoring URI, as the cloud shows it; in no-code mode its base URL. */
  readonly scoringUri: string;
  /** Base of the KServe v2 service if it has its own port; by default, the scoring service's root. */
  readonly inferUrl?: string | undefined;
  /** Sent as `Authorization: Bearer` to the scoring service only; never part of a report. */
  readonly key?: string | undefined;
}

/** An HTTP request ready to send; header names are in lower case. */
export interface Call {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | null;
}

/** @throws Error with a message for the report: an invalid URL, a body file that cannot be read. */
export async function buildCall(
  request: SampleRequest,
  { file }: SampleRequests,
  endpoints: SmokeEndpoints,
): Promise<Call> {
  const { score, infer } = request;
  const root = endpoints.scoringUri.replace(/[?#].*$/, '').replace(/(?:\/score)?\/*$/, '');
  if (infer) {
    const { model, version, ...message } = infer;
    const base = endpoints.inferUrl?.replace(/\/+$/, '') ?? root;
    const versionPath = version === undefined ? '' : `/versions/${encodeURIComponent(version)}`;
    const url = toUrl(`${base}/v2/models/${encodeURIComponent(model)}${versionPath}/infer`);
    const headers = { 'content-type': 'application/json', ...authorization(url, endpoints) };
    return { url, method: 'POST', headers, body: writeJson(message) };
  }
  if (!score) throw new Error('the request has neither score nor infer');
  const url = toUrl(score.path === undefined ? endpoints.scoringUri : root + score.path);
  const { type, body } = await buildBody(score, path.dirname(file));
  const own = Object.entries(score.headers).map(([name, value]) => [name.toLowerCase(), value]);
  return {
    url,
    method: score.method,
    headers: { ...type, ...authorization(url, endpoints), ...Object.fromEntries(own) },
    body,
  };
}

/** The key is for the scoring service only, not for a Triton elsewhere. */
function authorization(url: URL, { scoringUri, key }: SmokeEndpoints): Record<string, string> {
  return key !== undefined && url.origin === toUrl(scoringUri).origin
    ? { authorization: `Bearer ${key}` }
    : {};
}

async function buildBody(
  { body, text, bodyFile }: NonNullable<SampleRequest['score']>,
  directory: string,
): Promise<{ type: Record<string, string>; body: string | Buffer | null }> {
  if (text !== undefined) return { type: { 'content-type': 'text/plain; charset=utf-8' }, body: text };
  if (body !== undefined) return { type: { 'content-type': 'application/json' }, body: writeJson(body) };
  if (bodyFile === undefined) return { type: {}, body: null };
  try {
    const bytes = await readFile(path.resolve(directory, bodyFile));
    return { type: { 'content-type': 'application/octet-stream' }, body: bytes };
  } catch (error) {
    throw new Error(`cannot read bodyFile: ${messageOf(error)}`);
  }
}

function toUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new Error(`"${text}" is not an http or https URL`);
}
