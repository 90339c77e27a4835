// System and CUDA shared memory: registering regions, and what requests do with them.
import { rmSync, writeFileSync } from 'node:fs';
import { ask, call, floats, type GrpcCase, infer, input, output } from './case.ts';

const SHARED_KEY = `/triton-local-grpc-${process.pid}`;

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

const register = (message: object) => call('SystemSharedMemoryRegister', message);
const unregister = (name = '') => call('SystemSharedMemoryUnregister', { name });
const status = (name = '') => call('SystemSharedMemoryStatus', { name });
const good = (extra: object = {}) => ({ name: 'good', key: SHARED_KEY, byte_size: 64, ...extra });

const REGISTER: readonly (readonly [what: string, message: object])[] = [
  ['nothing', {}],
  ['no name', { key: SHARED_KEY, byte_size: 64 }],
  ['no key', { name: 'r', byte_size: 64 }],
  ['no size', { name: 'r', key: SHARED_KEY }],
  ['a key that is not there', { name: 'r', key: '/triton-local-not-there', byte_size: 64 }],
  ['a key without a slash', { name: 'r', key: SHARED_KEY.slice(1), byte_size: 64 }],
  ['a key that leaves the folder', { name: 'r', key: '/../../etc/passwd', byte_size: 64 }],
  ['more than there is', { name: 'r', key: SHARED_KEY, byte_size: 65 }],
  ['an offset beyond the end', { name: 'r', key: SHARED_KEY, offset: 60, byte_size: 8 }],
  ['a huge size', { name: 'r', key: '/x', byte_size: '18446744073709551615' }],
];

const region = (extra: Readonly<Record<string, number>> = {}, name = 'good') => ({
  shared_memory_region: { string_param: name },
  ...Object.fromEntries(Object.entries(extra).map(([key, value]) => [key, { int64_param: value }])),
});
const SIZE = { shared_memory_byte_size: 8 };
const from = (parameters: object, shape: number[] = [2], datatype = 'FP32') =>
  infer('identity_fp32', { inputs: [input('INPUT0', datatype, shape, undefined, parameters)] });
const into = (parameters: object) =>
  infer('identity_fp32', {
    inputs: [input('INPUT0', 'FP32', [2])],
    outputs: [output('OUTPUT0', parameters)],
    raw: [floats(1, 2)],
  });
const back = from(region({ ...SIZE, shared_memory_offset: 32 }));

export const SHARED_MEMORY_CASES: readonly GrpcCase[] = [
  ask('status: of none', status(), status('nothing')),
  ...REGISTER.map(([what, message]) => ask(`register: ${what}`, register(message), status(), unregister())),
  ask('register: a region', register(good()), status(), status('good'), status('other')),
  ask('register: the same name again', register(good())),
  ask('input: in a region', from(region(SIZE))),
  ask('input: at an offset', from(region({ ...SIZE, shared_memory_offset: 8 }))),
  ask('input: at an odd offset', from(region({ ...SIZE, shared_memory_offset: 3 }))),
  ask('input: at the end', from(region({ ...SIZE, shared_memory_offset: 56 }))),
  ask('input: beyond the end', from(region({ ...SIZE, shared_memory_offset: 57 }))),
  ask('input: with an offset beyond the end', from(region({ ...SIZE, shared_memory_offset: 64 }))),
  ask('input: with a size that does not fit the shape', from(region({ shared_memory_byte_size: 12 }))),
  ask('input: without a size', from(region())),
  ask('input: in an unknown region', from(region(SIZE, 'other'))),
  ask(
    'input: beside contents',
    infer('identity_fp32', {
      inputs: [input('INPUT0', 'FP32', [2], { fp32_contents: [1, 2] }, region(SIZE))],
    }),
  ),
  ask(
    'input: beside raw contents',
    infer('identity_fp32', {
      inputs: [input('INPUT0', 'FP32', [2], undefined, region(SIZE))],
      raw: [floats(5, 6)],
    }),
  ),
  ask(
    'input: one of two in a region, the other raw',
    infer('add_sub', {
      inputs: [
        input('INPUT0', 'INT32', [1, 3], undefined, region({ shared_memory_byte_size: 12 })),
        input('INPUT1', 'INT32', [1, 3]),
      ],
      raw: [Buffer.alloc(12, 1)],
    }),
  ),
  ask('output: into a region', into(region({ ...SIZE, shared_memory_offset: 32 })), back),
  ask('output: into too few bytes', into(region({ shared_memory_byte_size: 4 }))),
  ask('output: into an unknown region', into(region(SIZE, 'other'))),
  ask('output: beyond the end', into(region({ ...SIZE, shared_memory_offset: 60 }))),
  ask('unregister: unknown', unregister('nothing')),
  ask('unregister: by name', unregister('good'), status(), register(good()), status()),
  ask('unregister: all', unregister(), status(), from(region(SIZE))),
  ask('cuda: status', call('CudaSharedMemoryStatus', {}), call('CudaSharedMemoryStatus', { name: 'x' })),
  ask(
    'cuda: register',
    call('CudaSharedMemoryRegister', { name: 'x', raw_handle: Buffer.alloc(64), byte_size: 8 }),
  ),
  ask('cuda: register nothing', call('CudaSharedMemoryRegister', {})),
  ask(
    'cuda: unregister',
    call('CudaSharedMemoryUnregister', { name: 'x' }),
    call('CudaSharedMemoryUnregister', {}),
  ),
];
