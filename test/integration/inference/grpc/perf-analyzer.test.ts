import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realTriton, skipLoudly } from '../../../helpers/triton.ts';
import { type SharedRepository, startOnSharedRepository } from '../fidelity/shared-repository.ts';

/** The Python of the environment that has NVIDIA's perf_analyzer. */
const python = process.env.TRITON_LOCAL_TEST_PERF_ANALYZER;

if (!realTriton) skipLoudly('the run of perf_analyzer');

const IDENTITY = {
  'identity/config.pbtxt': `backend: "python"
max_batch_size: 8
input [ { name: "INPUT" data_type: TYPE_FP32 dims: [ 16 ] } ]
output [ { name: "OUTPUT" data_type: TYPE_FP32 dims: [ 16 ] } ]
`,
  'identity/1/model.py': `import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        tensors = [pb_utils.get_input_tensor_by_name(request, "INPUT").as_numpy() for request in requests]
        return [pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT", tensor)]) for tensor in tensors]
`,
};

/** Of every kind of call that perf_analyzer makes. */
const KINDS = {
  HTTP: [],
  'HTTP, asynchronous': ['--async'],
  gRPC: ['-i', 'grpc'],
  'gRPC, asynchronous': ['-i', 'grpc', '--async'],
  'gRPC, streaming': ['-i', 'grpc', '--streaming'],
} as const;

describe.skipIf(!realTriton || !python)('perf_analyzer', () => {
  let pair: SharedRepository;

  beforeAll(async () => {
    pair = await startOnSharedRepository(realTriton ?? '', IDENTITY, 'none');
  });
  afterAll(() => pair?.[Symbol.asyncDispose]());

  it.each(Object.entries(KINDS))(
    'measures the embedded engine as it measures Triton: %s',
    async (_, options) => {
      const isGrpc = options.some((option) => option === 'grpc');
      const [real, ours] = await Promise.all([
        measure(isGrpc ? pair.realGrpcPort : pair.realPort, options),
        measure(isGrpc ? pair.ourGrpcPort : pair.ourPort, options),
      ]);
      expect(ours).toEqual(real);
      expect(ours.headings).toContain('Server');
    },
  );
});

/** Sends at least 40 requests, two at a time. @returns what it reports, without figures; throws if a request failed */
async function measure(port: number, options: readonly string[]) {
  const environment = path.dirname(path.dirname(python ?? ''));
  const libraries = readdirSync(path.join(environment, 'lib')).map((version) =>
    path.join(environment, 'lib', version, 'site-packages/nvidia/cuda_runtime/lib'),
  );
  const { stdout } = await promisify(execFile)(
    path.join(environment, 'bin/perf_analyzer'),
    [
      ...['-m', 'identity', '-u', `127.0.0.1:${port}`, '--concurrency-range', '2'],
      ...[
        '--measurement-mode',
        'count_windows',
        '--measurement-request-count',
        '40',
        '-s',
        '100000',
        '-r',
        '3',
      ],
      ...options,
    ],
    { env: { LD_LIBRARY_PATH: libraries.join(':') }, timeout: 60_000 },
  );
  return {
    headings: [...stdout.matchAll(/^ *(Client|Server|Request concurrency):/gm)].map(([, name]) => name),
    sent: Number(/Request count: (\d+)/.exec(stdout)?.[1]) >= 40,
  };
}
