// Where each error of docs/reference/triton.md#error-catalogue is compared, or why it is not.

/** A case whose answer, ours, says this. */
interface ComparedError {
  readonly case: string;
  readonly says: string;
}

export const COMPARED_ERRORS: Readonly<Record<string, ComparedError>> = {
  E1: { case: 'lookup: GET /v2/models/nothing', says: 'is not found' },
  E2: { case: 'lookup: GET /v2/models/add_sub/versions/7', says: 'version 7 is not found' },
  E3: { case: 'unload: then every endpoint of the model', says: 'has no available versions' },
  E4: { case: 'unload: then every endpoint of the model', says: 'is not at ready state' },
  E5: {
    case: 'lookup: GET /v2/models/add_sub/versions/9223372036854775808',
    says: 'version should be an integral value > 0',
  },
  E6: { case: 'lookup: infer on a decoupled model', says: 'decoupled transaction policy' },
  E7: { case: 'content-encoding: "br"', says: 'Unsupported compression type' },
  E8: { case: 'content-encoding: gzip, empty body', says: 'nothing to be decompressed' },
  E9: { case: 'limits: inflated bytes', says: 'Decompressed data size exceeds the maximum' },
  E13: { case: 'header length: "74" over a JSON body', says: 'inference header size should be in range' },
  E14: { case: 'limits: bytes of JSON', says: 'request JSON size of' },
  E16: { case: 'accept-encoding: an error stays plain', says: 'failed to parse the request JSON buffer' },
  E17: { case: 'inputs: not an array', says: "Unable to parse 'inputs'" },
  E18: {
    case: 'inputs: with data and binary_data_size',
    says: 'Input must set only one of the following fields',
  },
  E19: { case: 'inputs: without a name', says: "Unable to parse 'name'" },
  E20: { case: 'inputs: without a datatype', says: "Unable to parse 'datatype'" },
  E21: { case: 'inputs: with a negative dimension', says: "Unable to parse 'shape'" },
  E22: { case: 'inputs: twice the same', says: 'already exists in request' },
  E23: { case: 'inputs: with a string for a binary size', says: "Unable to parse 'binary_data_size'" },
  E25: {
    case: 'binary section: 7 of 8 bytes',
    says: "unexpected size for input 'INPUT0', expecting 1 additional bytes",
  },
  E26: { case: 'binary section: 9 of 8 bytes', says: 'unexpected additional input data' },
  E27: { case: 'inputs: with a dimension of 2^63', says: 'one or more invalid dimensions' },
  E10: { case: 'content-length: not a number', says: 'Invalid character in Content-Length' },
  E29: {
    case: 'inputs: with a shape whose bytes overflow',
    says: "byte size overflow for input 'INPUT0': element count (4611686018427387912) * data type size (4)",
  },
  E28: { case: 'inputs: with a shape whose product overflows', says: 'causes total element count to exceed' },
  E30: {
    case: 'inputs: with a string for data',
    says: "Unable to parse 'data': attempt to access JSON non-array as array",
  },
  E31: { case: 'inputs: with a huge shape', says: 'has a byte_size' },
  E32: { case: 'nesting: data 101 deep', says: 'JSON nesting depth exceeds maximum allowed limit (100)' },
  E33: {
    case: 'inputs: with a string in data',
    says: "Unable to parse 'data': attempt to access JSON non-number as double",
  },
  E34: { case: 'inputs: with too many elements', says: "Unable to parse 'data': Shape does not match" },
  E36: { case: 'value: 1 as FP16', says: 'receiving FP16 data via JSON is not supported' },
  E37: { case: 'inputs: with an unknown datatype', says: 'invalid datatype for input' },
  E38: { case: 'bits: 003c as FP16, JSON out', says: 'sending FP16 data via JSON is not supported' },
  E40: { case: 'outputs: a region and classes', says: "both 'shared_memory_region' and 'classification'" },
  E41: { case: 'outputs: a region and binary', says: "both 'shared_memory_region' and 'binary_data'" },
  E42: { case: 'outputs: negative classes', says: "Unable to set 'classification'" },
  E43: { case: 'classification: of BOOL', says: 'class result not available' },
  E44: { case: 'id: 1', says: "Unable to parse 'id'" },
  E45: { case: 'parameters: 1', says: 'failed to get request params' },
  E46: { case: 'parameters: {"a":null}', says: 'has invalid type. It should be either' },
  E47: { case: 'parameters: {"triton_x":1}', says: "parameter keys starting with 'triton_' are reserved" },
  E49: { case: 'raw: an empty body on two inputs', says: 'Raw request must only have 1 input' },
  E50: {
    case: 'raw: two_variable with 8 bytes (14)',
    says: 'can not be deduced because there are more than one variable',
  },
  E51: { case: 'raw: batch_strings with 4 bytes (9)', says: 'For BYTE datatype raw input' },
  E52: { case: 'limits: bytes of a raw request', says: 'Raw input has a byte_size' },
  E53: { case: 'outputs: unknown', says: 'unexpected inference output' },
  E54: { case: 'inputs: with an unknown name', says: 'unexpected inference input' },
  E55: { case: 'core: optional model without inputs', says: 'expected number of inputs between' },
  E56: { case: 'core: one input missing', says: 'expected 2 inputs but got 1' },
  E57: { case: 'shape: [] of FP32 for batch_fp32', says: 'has no shape but model requires batch dimension' },
  E58: { case: 'core: batch sizes differ', says: 'batch size does not match other inputs' },
  E59: { case: 'shape: [9,4] of FP32 for batch_fp32', says: 'batch-size must be <= 8' },
  E60: { case: 'inputs: with another datatype', says: 'data-type is' },
  E61: { case: 'inputs: with a shape of two dimensions', says: 'unexpected shape for input' },
  E63: { case: 'core: byte count of a batch', says: 'input byte size mismatch' },
  E64: { case: 'strings: a cut length, binary out', says: 'incomplete string length indicator' },
  E65: { case: 'strings: one too many, binary out', says: 'unexpected number of string elements' },
  E66: { case: 'strings: one too few, binary out', says: 'string elements for inference input' },
  E71: { case: 'load: name nothing', says: 'failed to poll from model repository' },
  E90: { case: 'limits: chunks', says: 'Chunked request body exceeds maximum of 65536' },
  E93: { case: 'lookup: GET /v2/models/nothing/stats', says: 'is not available' },
};

/** Errors that other tests hold. */
export const ERRORS_ELSEWHERE: Readonly<Record<string, string>> = {
  E70: '`modes.test.ts`',
  E72: '`golden.test.ts`: recorded reasons of failed loads',
  E78: '`golden.test.ts`: recorded reasons of failed loads',
  E81: '`test/unit/inference/scheduler.test.ts`: drains',
  E82: '`scheduling.ts`: `queue_size`',
  E83: '`scheduling.ts`: `reject`',
  E84: '`test/unit/inference/scheduler.test.ts`: takes a request back',
  E85: '`python-failures.test.ts`: dec_three, plain infer',
  E86: '`golden.test.ts`: recorded failures of ONNX Runtime',
  E87: '`python-failures.test.ts`: raises',
  E88: '`python-failures.test.ts`: killed',
  E89: '`ensembles.test.ts`: e_refuses',
};

/** Errors that no request to the embedded engine brings up. */
export const ERRORS_ABSENT: Readonly<Record<string, string>> = {
  E11: '2.51 reads a header length with atoi (`header length: "abc" over a JSON body`)',
  E12: '2.51 reads a header length with atoi (`header length: "99999999999" over a JSON body`)',
  E15: 'cannot be reached: E13 comes first',
  E24: '2.51 answers E25 (`inputs: with a binary size and no header`)',
  E35: '2.51 answers E34 (`inputs: with too few elements`)',
  E39: '2.51 lets it pass (`outputs: twice`)',
  E48: 'headers are forwarded by a flag of Triton that the embedded engine does not have',
  E62: 'over gRPC, `shape: [-1] of FP32 for identity_fp32, 4 bytes`',
  E67: '`repositories/sequences.ts`: `two rows`',
  E68: '`repositories/sequences.ts`: `without an id`',
  E69: '`repositories/sequences.ts`: `not started`',
  E73: '2.51 answers E71 (`load: name %20`)',
  E74: '2.51 answers E71 (`load: name %2e%2e`), or reads outside of its repository (see above)',
  E75: '2.51 answers in the form of E72 (`load: with versions that are not there`)',
  E76: 'cannot happen: an unload takes all versions',
  E77: 'beyond what a body may be (2 GiB), on both',
  E79: '`repositories/sequences.ts`: `one that waits too long`',
  E80: 'the port opens once models are loaded',
  E91: '2.51 hands the model damaged bytes (`sequence-scheduler.test.ts`: refuses ids of the other kind)',
  E92: '`repositories/sequences.ts`: `a string that is too long`',
};

/** The number of errors in the catalogue. */
const LAST = 93;

/** Every error with where it is shown, or why it is not, in order; undefined for what is missing. */
export function errorTable(): readonly (readonly [code: string, where: string | undefined])[] {
  return Array.from({ length: LAST }, (_, index) => {
    const code = `E${index + 1}`;
    const compared = COMPARED_ERRORS[code];
    return [code, compared ? `\`${compared.case}\`` : (ERRORS_ELSEWHERE[code] ?? ERRORS_ABSENT[code])];
  });
}
