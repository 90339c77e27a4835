import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type EncodedResponse,
  encodeInferResponse,
  type InferRequest,
  invalidArgument,
  KServeError,
  parseInferRequest,
  rawInferRequest,
  refuseLargeJson,
} from '../../kserve/index.ts';
import type { Cancellation } from '../cancellation.ts';
import { InferFailure, infer, isDecoupled } from '../data-plane.ts';
import { forwardedHeaders } from '../forwarded-headers.ts';
import type { HeldBytes } from '../held-bytes.ts';
import type { LoadedVersion } from '../loaded-version.ts';
import type { ModelTable } from '../model-table.ts';
import type { OnExecuted } from '../scheduling/scheduled-request.ts';
import type { RegionUse, SharedMemoryRegions } from '../shared-memory.ts';
import { answerError, answerInfer, type ContentType } from './answer.ts';
import { readBody } from './body.ts';
import { decompress } from './content-encoding.ts';
import type { Route } from './route.ts';
import { modelName, modelVersion } from './target.ts';

export interface HttpInferOptions {
  /** Maximum bytes of JSON, and of a raw or decompressed request. */
  readonly maxInputBytes: number;
  readonly held: HeldBytes;
  /** Names of the header fields that models get as parameters; undefined for none. */
  readonly forwarded: RegExp | undefined;
}

/** `POST /v2/models/M[/versions/V]/infer`, in the order of Triton's steps: the first failure is reported. */
export async function inferOverHttp(
  models: ModelTable,
  regions: SharedMemoryRegions,
  { maxInputBytes, held, forwarded }: HttpInferOptions,
  route: Route,
  request: IncomingMessage,
  response: ServerResponse,
  onExecuted?: OnExecuted,
): Promise<void> {
  const cancellation: Cancellation = { cancel: undefined };
  const onClose = () => cancellation.cancel?.();
  response.on('close', onClose);
  let type: ContentType = 'text/plain';
  const memory = regions.use();
  try {
    const declared = request.headers['inference-header-content-length'];
    const encoding = request.headers['content-encoding'];
    const isJson = declared === undefined && encoding === undefined;
    const { content: body, length } = await readBody(request, response, {
      headerBytes: Number(declared) || 0,
      keepBytes: isJson ? maxInputBytes : Number.POSITIVE_INFINITY,
      held,
    });
    const model = models.find(modelName(route), modelVersion(route));
    if (isDecoupled(model))
      throw new KServeError(
        'Unsupported',
        "HTTP end point doesn't support models with decoupled transaction policy",
      );
    if (isJson) refuseLargeJson(length, maxInputBytes);
    const content = encoding === undefined ? body : await decompress(body, encoding, maxInputBytes);
    const jsonBytes = headerLength(typeof declared === 'string' ? declared : undefined, content);
    type = 'application/json';
    const read = readRequest(content, jsonBytes, model, memory, maxInputBytes);
    const message = forwarded ? withHeaders(read, forwardedHeaders(forwarded, fieldsOf(request))) : read;
    const { outputs, parameters } = await infer(model, message, cancellation, onExecuted);
    type = 'text/plain';
    const { signature, version } = model;
    const encoded: EncodedResponse = encodeInferResponse(
      message.id,
      signature.model,
      version,
      outputs,
      parameters,
    );
    const accept = request.headers['accept-encoding'];
    await answerInfer(response, encoded, typeof accept === 'string' ? accept : undefined);
  } catch (error) {
    fail(response, error, type);
  } finally {
    cancellation.cancel = undefined;
    memory.release();
  }
}

/** The length of the JSON part: the whole body without the header; 0 means a raw request. */
function headerLength(declared: string | undefined, body: Buffer): number {
  if (declared === undefined) return body.length;
  const length = readInt32(declared);
  if (length < 0 || length > body.length)
    throw invalidArgument(`inference header size should be in range (0, ${body.length}), got: ${declared}`);
  return length;
}

/** Like C's `atoi`: the leading digits, 0 if there are none, truncated to 32 bits. */
function readInt32(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const digits = /^\s*([+-]?\d+)/.exec(text)?.[1];
  if (digits === undefined) return 0;
  const value = BigInt(digits.replace('+', ''));
  const limited = value > MAX_INT64 ? MAX_INT64 : value < -MAX_INT64 ? -MAX_INT64 - 1n : value;
  return Number(BigInt.asIntN(32, limited));
}

const MAX_INT64 = 2n ** 63n - 1n;

function readRequest(
  body: Buffer,
  jsonBytes: number,
  { signature }: LoadedVersion,
  memory: RegionUse,
  maxInputBytes: number,
): InferRequest {
  if (jsonBytes > 0) return parseInferRequest(body, jsonBytes, signature.model, maxInputBytes, memory);
  if (body.length > maxInputBytes)
    throw invalidArgument(
      `Raw input has a byte_size (${body.length} bytes) that exceeds the maximum allowed value of ${maxInputBytes} bytes. Use --http-max-input-size to increase the limit.`,
    );
  return rawInferRequest(body);
}

/** The header fields one by one, with their names as they came. */
function fieldsOf({ rawHeaders }: IncomingMessage): [name: string, value: string][] {
  const fields: [string, string][] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2)
    fields.push([rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '']);
  return fields;
}

function withHeaders(request: InferRequest, headers: ReadonlyMap<string, string>): InferRequest {
  return { ...request, parameters: new Map([...request.parameters, ...headers]) };
}

function fail(response: ServerResponse, thrown: unknown, type: ContentType): void {
  if (response.destroyed) return;
  if (thrown instanceof InferFailure) {
    const { error, stage } = thrown;
    answerError(response, error.status, error.message, stage === 'execution' ? 'text/plain' : type);
    return;
  }
  const error = thrown instanceof KServeError ? thrown : undefined;
  if (error?.message === 'Unsupported compression type')
    response.appendHeader('Accept-Encoding', 'gzip, deflate');
  answerError(response, error?.status ?? 500, error?.message ?? String(thrown), type);
}
