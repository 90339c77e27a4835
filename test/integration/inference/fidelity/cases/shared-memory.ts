// System and CUDA shared memory: registering, what requests do with regions.
import { rmSync, writeFileSync } from 'node:fs';
import { ask, type FidelityCase, get, infer, input, post } from './case.ts';

const SHARED_KEY = `/triton-local-fidelity-${process.pid}`;

/** Makes the shared memory that the cases register: 64 bytes that count up. */
export function writeSharedMemory(): void {
  writeFileSync(
    `/dev/shm${SHARED_KEY}`,
    Uint8Array.from({ length: 64 }, (_none, index) => index),
  );
}

export function removeSharedMemory(): void {
  rmSync(`/dev/shm${SHARED_KEY}`, { force: true });
}

const REGISTER: readonly (readonly [what: string, body: unknown])[] = [
  ['an empty body', ''],
  ['broken JSON', '{'],
  ['an array', '[]'],
  ['nothing in it', {}],
  ['no key', { offset: 0, byte_size: 64 }],
  ['no size', { key: SHARED_KEY, offset: 0 }],
  ['a number for a key', { key: 1, byte_size: 64 }],
  ['a string for a size', { key: SHARED_KEY, byte_size: '64' }],
  ['a negative size', { key: SHARED_KEY, byte_size: -1 }],
  ['a string for an offset', { key: SHARED_KEY, offset: '0', byte_size: 64 }],
  ['a negative offset', { key: SHARED_KEY, offset: -1, byte_size: 64 }],
  ['a key that is not there', { key: '/triton-local-not-there', byte_size: 64 }],
  ['a key without a slash', { key: SHARED_KEY.slice(1), byte_size: 64 }],
  ['a key that leaves the folder', { key: '/../../etc/passwd', byte_size: 64 }],
  ['more than there is', { key: SHARED_KEY, byte_size: 65 }],
  ['an offset beyond the end', { key: SHARED_KEY, offset: 60, byte_size: 8 }],
  ['a huge size', '{"key":"/x","byte_size":18446744073709551615}'],
  ['a size of nothing', { key: SHARED_KEY, byte_size: 0 }],
];

const region = (extra: Record<string, unknown>) => ({ shared_memory_region: 'good', ...extra });
const sharedInput = (parameters: Record<string, unknown>, shape: number[] = [2], datatype = 'FP32') => ({
  ...input('INPUT0', datatype, shape),
  parameters,
});
const sharedOutput = (parameters: Record<string, unknown>) => [{ name: 'OUTPUT0', parameters }];
const GOOD = input('INPUT0', 'FP32', [2], [1, 2]);
const back = () =>
  infer('identity_fp32', {
    inputs: [sharedInput(region({ shared_memory_offset: 32, shared_memory_byte_size: 8 }))],
  });

const INPUTS: readonly (readonly [what: string, parameters: Record<string, unknown>])[] = [
  ['at its start', region({ shared_memory_byte_size: 8 })],
  ['at an offset', region({ shared_memory_byte_size: 8, shared_memory_offset: 8 })],
  ['at an odd offset', region({ shared_memory_byte_size: 8, shared_memory_offset: 3 })],
  ['at its end', region({ shared_memory_byte_size: 8, shared_memory_offset: 56 })],
  ['beyond its end', region({ shared_memory_byte_size: 8, shared_memory_offset: 57 })],
  ['with an offset beyond its end', region({ shared_memory_byte_size: 8, shared_memory_offset: 64 })],
  ['with a size that does not fit the shape', region({ shared_memory_byte_size: 12 })],
  ['with a string for a size', region({ shared_memory_byte_size: '8' })],
  ['with a negative size', region({ shared_memory_byte_size: -8 })],
  ['without a size', region({})],
  ['with a string for an offset', region({ shared_memory_byte_size: 8, shared_memory_offset: '0' })],
  ['with a negative offset', region({ shared_memory_byte_size: 8, shared_memory_offset: -1 })],
  ['that is not there', { shared_memory_region: 'other', shared_memory_byte_size: 8 }],
  ['with no name', { shared_memory_region: '', shared_memory_byte_size: 8 }],
];

const OUTPUTS: readonly (readonly [what: string, parameters: Record<string, unknown>])[] = [
  ['at an offset', region({ shared_memory_byte_size: 8, shared_memory_offset: 32 })],
  ['larger than the output', region({ shared_memory_byte_size: 16, shared_memory_offset: 32 })],
  ['too small', region({ shared_memory_byte_size: 4, shared_memory_offset: 32 })],
  ['beyond its end', region({ shared_memory_byte_size: 8, shared_memory_offset: 60 })],
  ['that is not there', { shared_memory_region: 'other', shared_memory_byte_size: 8 }],
  ['without a size', region({})],
];

const REGISTER_CUDA: readonly unknown[] = [
  '',
  {},
  { raw_handle: { b64: 'AAAA' }, device_id: 0, byte_size: 64 },
  { raw_handle: {}, device_id: 0, byte_size: 64 },
  { raw_handle: { b64: 'AAAA' }, byte_size: 64 },
  { raw_handle: { b64: 'AAAA' }, device_id: 0 },
  { raw_handle: 'x', device_id: 0, byte_size: 64 },
];

const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
const SYSTEM = '/v2/systemsharedmemory';
const registerGood = post(
  `${SYSTEM}/region/good/register`,
  JSON.stringify({ key: SHARED_KEY, offset: 0, byte_size: 64 }),
);
const unregisterAll = post(`${SYSTEM}/unregister`);

export const SHARED_MEMORY_CASES: readonly FidelityCase[] = [
  ...REGISTER.map(([what, body]) =>
    ask(
      `system shared memory: register ${what}`,
      post(`${SYSTEM}/region/r/register`, text(body)),
      get(`${SYSTEM}/status`),
      unregisterAll,
    ),
  ),
  ask(
    'system shared memory: register, status, again, unregister',
    registerGood,
    get(`${SYSTEM}/status`),
    get(`${SYSTEM}/region/good/status`),
    get(`${SYSTEM}/region/other/status`),
    registerGood,
    post(`${SYSTEM}/region/other/unregister`),
    get(`${SYSTEM}/status`),
    post(`${SYSTEM}/region/good/unregister`),
    get(`${SYSTEM}/status`),
    get(`${SYSTEM}/region/good/status`),
  ),
  ask(
    'system shared memory: two regions over one key, with an offset',
    post(`${SYSTEM}/region/b/register`, JSON.stringify({ key: SHARED_KEY, offset: 16, byte_size: 48 })),
    post(`${SYSTEM}/region/a/register`, JSON.stringify({ key: SHARED_KEY, byte_size: 64 })),
    get(`${SYSTEM}/status`),
    infer('identity_fp32', {
      inputs: [sharedInput({ shared_memory_region: 'b', shared_memory_byte_size: 8 })],
    }),
    unregisterAll,
    get(`${SYSTEM}/status`),
  ),
  ask(
    'system shared memory: reserved name',
    post(
      `${SYSTEM}/region/triton_python_backend_shm_region_x/register`,
      JSON.stringify({ key: SHARED_KEY, byte_size: 64 }),
    ),
    get(`${SYSTEM}/status`),
    unregisterAll,
  ),
  ...INPUTS.map(([what, parameters]) =>
    ask(
      `system shared memory: an input ${what}`,
      registerGood,
      infer('identity_fp32', { inputs: [sharedInput(parameters)] }),
      unregisterAll,
    ),
  ),
  ...OUTPUTS.map(([what, parameters]) =>
    ask(
      `system shared memory: an output ${what}`,
      registerGood,
      infer('identity_fp32', { inputs: [GOOD], outputs: sharedOutput(parameters) }),
      back(),
      unregisterAll,
    ),
  ),
  ask(
    'system shared memory: BYTES output',
    registerGood,
    infer('identity_bytes', {
      inputs: [input('INPUT0', 'BYTES', [1], ['abc'])],
      outputs: sharedOutput(region({ shared_memory_byte_size: 16, shared_memory_offset: 32 })),
    }),
    back(),
    unregisterAll,
  ),
  ask(
    'system shared memory: in and out of one region',
    registerGood,
    infer('identity_fp32', {
      inputs: [sharedInput(region({ shared_memory_byte_size: 8 }))],
      outputs: sharedOutput(region({ shared_memory_byte_size: 8, shared_memory_offset: 32 })),
    }),
    back(),
    unregisterAll,
  ),
  ...REGISTER_CUDA.map((body, index) =>
    ask(
      `cuda shared memory: register ${text(body)} (${index})`,
      post('/v2/cudasharedmemory/region/r/register', text(body)),
    ),
  ),
  ask(
    'cuda shared memory: unregister',
    post('/v2/cudasharedmemory/region/r/unregister'),
    post('/v2/cudasharedmemory/unregister'),
  ),
];
