import { internal, type KServeError } from '../../kserve/index.ts';

/** ONNX Runtime's OrtErrorCode, derived from the message, which is all that the binding exposes. */
const LOAD_CODES: readonly (readonly [RegExp, number])[] = [
  [/protobuf parsing failed/i, 7],
  [/(File|file) doesn't exist|No such file|open file .* fail/, 3],
  [/Could not find an implementation|NOT_IMPLEMENTED/, 9],
  [/This is an invalid model|INVALID_GRAPH/, 10],
];
const RUN_CODES: readonly (readonly [RegExp, number])[] = [
  [/Could not find an implementation|NOT_IMPLEMENTED/, 9],
  // A failed check inside a kernel names the source line; a status returned by a kernel does not.
  [/onnxruntime_src|\/onnxruntime\/|\\onnxruntime\\/, 6],
  [/Non-zero status code|invalid dimensions|Invalid rank|Invalid [Ff]eed|Unexpected input data type/, 2],
];

export function onnxLoadError(message: string): KServeError {
  return onnxError(message, LOAD_CODES);
}

export function onnxRunError(message: string): KServeError {
  return onnxError(message, RUN_CODES);
}

function onnxError(message: string, codes: readonly (readonly [RegExp, number])[]): KServeError {
  const code = codes.find(([pattern]) => pattern.test(message))?.[1] ?? 1;
  return internal(`onnx runtime error ${code}: ${message}`);
}
