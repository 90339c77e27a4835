// Kserve: the Open Inference Protocol as data: datatypes, messages, their JSON and binary forms, a client.
// It knows the protocol and Triton's dialect of it; it refuses to know how a model is run.
export { joinBytesTensor, splitBytesTensor } from './bytes-tensor.ts';
export {
  configTypeOf,
  type Datatype,
  datatypeOfConfig,
  ELEMENT_BYTES,
  elementCount,
  isDatatype,
} from './datatypes.ts';
export { type GenerateInput, parseGenerateRequest } from './generate-request.ts';
export { encodeGenerateResponse } from './generate-response.ts';
export { NO_SEQUENCE, parseInferRequest, rawInferRequest } from './infer-request.ts';
export {
  type EncodedResponse,
  encodeInferResponse,
  type ResponseOutput,
  writeSharedOutput,
} from './infer-response.ts';
export { asArray, asBoolean, asString, asUnsigned, isObject, memberOf } from './json-access.ts';
export { readJson } from './json-reader.ts';
export { refuseLargeJson } from './json-size.ts';
export { decodeUtf8, encodeUtf8 } from './json-string.ts';
export { JsonDouble, type JsonObject, JsonSpan, type JsonValue } from './json-value.ts';
export { quoteBytes, quoteText, writeDouble, writeTensorData } from './json-writer.ts';
export {
  type ClientRequest,
  type ClientResponse,
  KServeClient,
  type KServeClientOptions,
  KServeResponseError,
} from './kserve-client.ts';
export {
  internal,
  invalidArgument,
  KServeError,
  type KServeErrorCode,
  notFound,
  unavailable,
  unsupported,
} from './kserve-error.ts';
export type {
  InferInput,
  InferRequest,
  ModelMetadata,
  ParameterValue,
  RequestedOutput,
  SequencePosition,
  SharedMemory,
  SharedMemoryTarget,
  Tensor,
  TensorMetadata,
} from './messages.ts';
export { requestPrefix } from './request-prefix.ts';
export { pathOf } from './request-target.ts';
export { SIDE_SERVICES } from './side-services.ts';
export { FOREIGN_ORIGIN_REFUSED, isForeignOrigin, type StateChange, stateChangeOf } from './state-change.ts';
export { BYTES, FIXED32, FIXED64, VARINT, WireError, WireReader } from './wire-reader.ts';
