import { gunzipSync, inflateSync } from 'node:zlib';
import type { WireAnswer } from './exchange.ts';

/** An answer as texts that can be compared and shown; what no server promises is taken out. */
export interface ComparableAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function comparable(answer: WireAnswer): ComparableAnswer {
  const headers = Object.fromEntries(answer.headers);
  const encoding = headers['content-encoding'];
  const plain = unpack(answer.body, encoding);
  const text = steady(plain.toString('latin1'));
  // Compressed sizes, and those of bodies with times in them, tell nothing.
  if (headers['content-length'] !== undefined && (plain !== answer.body || text.length !== plain.length))
    headers['content-length'] = '*';
  return { status: answer.status, headers, body: text };
}

/** Whether two answers differ in the digits of numbers only, which read back as the same doubles. */
export function sameNumbers(real: ComparableAnswer, ours: ComparableAnswer): boolean {
  return real.status === ours.status && rewriteNumbers(real.body) === rewriteNumbers(ours.body);
}

function rewriteNumbers(text: string): string {
  return text.replace(/-?\d+(?:\.\d+(?:e-?\d+)?|e-?\d+)/g, (written) => String(Number(written)));
}

function unpack(body: Buffer, encoding: string | undefined): Buffer {
  if (encoding === 'gzip') return gunzipSync(body);
  return encoding === 'deflate' ? inflateSync(body) : body;
}

/** What differs by design of the comparison: times, and the file and backend that run the model. */
function steady(text: string): string {
  return text
    .replace(/"ns":\d+/g, '"ns":0')
    .replace(/"last_inference":[1-9]\d*/g, '"last_inference":1')
    .replace(/"backend":"(python|onnxruntime)"/, '"backend":"*"')
    .replace(/"platform":"(python|onnxruntime_onnx|)"/, '"platform":"*"')
    .replace(/"default_model_filename":"(model\.py|model\.onnx)"/, '"default_model_filename":"*"');
}
