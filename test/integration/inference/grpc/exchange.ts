import { setTimeout as sleep } from 'node:timers/promises';
import { frame, GrpcConnection, type GrpcOutcome } from '../../../helpers/grpc-call.ts';
import type { GrpcInterface } from '../../../helpers/grpc-interface.ts';
import { COMPRESS, type GrpcRequest } from './cases/case.ts';

/** An answer as it can be compared and shown; what no server promises is taken out. */
export interface ComparableCall {
  readonly http: number;
  readonly status: number | undefined;
  readonly message: string;
  /** Every field of the head but the status. */
  readonly headers: Readonly<Record<string, string>>;
  readonly reset: string | undefined;
  readonly answers: readonly unknown[];
}

const UNTIL_LIMIT_MS = 60_000;

/** Sends a request over a connection of its own and waits for the end of the call. */
export async function exchange(
  port: number,
  grpc: GrpcInterface,
  request: GrpcRequest,
): Promise<ComparableCall> {
  const deadline = performance.now() + UNTIL_LIMIT_MS;
  for (;;) {
    using connection = new GrpcConnection(port);
    const outcome = await connection.exchange(request.path, bodyOf(grpc, request), optionsOf(request));
    const answer = comparable(grpc, request.path, outcome);
    if (!request.until || request.until.test(JSON.stringify(answer)) || performance.now() > deadline)
      return answer;
    await sleep(20);
  }
}

function bodyOf(grpc: GrpcInterface, { path, body, encoding }: GrpcRequest): Buffer {
  return Buffer.concat(
    body.map((piece) => {
      if (Buffer.isBuffer(piece)) return piece;
      const message = grpc.encode(path, piece);
      return encoding ? frame(COMPRESS[encoding](message), true) : frame(message);
    }),
  );
}

function optionsOf({ headers = {}, encoding }: GrpcRequest) {
  return { headers: encoding ? { 'grpc-encoding': encoding, ...headers } : headers };
}

export function comparable(grpc: GrpcInterface, path: string, outcome: GrpcOutcome): ComparableCall {
  const { httpStatus, status, message, headers, reset, messages } = outcome;
  const { ':status': _http, 'grpc-status': _status, 'grpc-message': _message, ...fields } = headers;
  return {
    http: httpStatus,
    status,
    // Node loses a field that ends with white space, which some of Triton's messages do; tritonclient shows those.
    message: message.endsWith(' ') ? '' : steady(message),
    headers: fields,
    reset,
    answers: messages.map(({ bytes, compressed }) =>
      compressed || !grpc.knows(path)
        ? { compressed, bytes: bytes.toString('base64') }
        : JSON.parse(steady(JSON.stringify(sorted(grpc.decode(path, bytes))))),
    ),
  };
}

/** What differs by design of the comparison: times, and the file and backend that run the model. */
function steady(text: string): string {
  return text
    .replace(/,?"ns":"\d+"/g, '')
    .replace(/"last_inference":"[1-9]\d*"/g, '"last_inference":"1"')
    .replace(/"backend":"(python|onnxruntime)"/, '"backend":"*"')
    .replace(/"platform":"(python|onnxruntime_onnx)",?/, '')
    .replace(/"default_model_filename":"(model\.py|model\.onnx)"/, '"default_model_filename":"*"');
}

/** Objects with their keys in order: maps of protobuf have none. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
