// gRPC of the embedded engine beside the real Triton, in turns on one repository: calls of an identity model with 1, 8 and
// 32 under way on one connection and on eight, and a stream of a decoupled model that answers a hundred times.

import { loadavg } from 'node:os';
import { TempFolder } from '../helpers/temp-project.ts';
import { realTriton } from '../helpers/triton.ts';
import { startBareTriton } from '../helpers/triton-process.ts';
import { Cli } from './lib/cli.mjs';
import { median } from './lib/figures.mjs';
import { freePort } from './lib/free-port.mjs';
import { GrpcLoad, haveH2load } from './lib/h2load.mjs';
import { writeDecoupledModel, writePythonModel } from './lib/python-repository.mjs';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 2);
const RESPONSES = 100;
const LOADS = [
  { connections: 1, calls: 1 },
  { connections: 1, calls: 8 },
  { connections: 1, calls: 32 },
  { connections: 8, calls: 1 },
  { connections: 8, calls: 4 },
];

export async function run() {
  if (!haveH2load()) return;
  if (realTriton === undefined) {
    process.stdout.write('skipped: there is no real tritonserver (TRITON_LOCAL_TEST_TRITON)\n');
    return;
  }
  const python = process.env.TRITON_LOCAL_TEST_PYTHON;
  const folder = await TempFolder.create();
  const repository = folder.path('project/models/triton');
  await writePythonModel(repository, 'identity', 'x');
  await writeDecoupledModel(repository, 'repeat');
  const [ourPort, realPort] = [await freePort(), await freePort()];
  const options = [
    '--grpc-port',
    String(ourPort),
    '--metrics-port',
    '0',
    ...(python ? ['--python', python] : []),
  ];
  const cli = await Cli.start(folder.path('project'), options);
  const real = await startBareTriton(realTriton, repository, [`--grpc-port=${realPort}`]);
  const addresses = [`127.0.0.1:${ourPort}`, `127.0.0.1:${realPort}`];
  try {
    const infer = await GrpcLoad.create(
      folder.path('.'),
      'ModelInfer',
      inferMessage('identity', 'FP32', [1, 16]),
    );
    for (const load of LOADS) await compare('identity', infer, addresses, load);
    const request = inferMessage('repeat', 'INT32', [1], Buffer.from(new Int32Array([RESPONSES]).buffer));
    const stream = await GrpcLoad.create(folder.path('.'), 'ModelStreamInfer', request);
    await compare(`stream of ${RESPONSES} responses`, stream, addresses, { connections: 1, calls: 1 });
  } finally {
    await real[Symbol.asyncDispose]();
    await cli[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  }
}

async function compare(name, load, addresses, { connections, calls }) {
  for (const address of addresses) await load.send(address, { connections, calls, seconds: 1 });
  const rounds = [[], []];
  for (let round = 0; round < ROUNDS; round += 1)
    for (const side of [0, 1])
      rounds[side].push(await load.send(addresses[side], { connections, calls, seconds: SECONDS }));
  const [ours, theirs] = rounds.map((all) => ({
    rate: median(all.map(({ rate }) => rate)),
    p50: median(all.map(({ p50 }) => p50)),
  }));
  process.stdout.write(
    `${name}, ${calls} calls on each of ${connections}: ours ${ours.rate.toFixed(0)}/s, p50 ${ours.p50.toFixed(2)} ms; real ${theirs.rate.toFixed(0)}/s, p50 ${theirs.p50.toFixed(2)} ms; calls ${(ours.rate / theirs.rate).toFixed(2)}×, p50 ${(ours.p50 / theirs.p50).toFixed(2)}× (load average ${loadavg()[0].toFixed(1)})\n`,
  );
}

/** A `ModelInferRequest` with one input, all of whose lengths fit into seven bits. */
function inferMessage(
  model,
  datatype,
  shape,
  data = Buffer.alloc(4 * shape.reduce((count, dim) => count * dim, 1)),
) {
  const field = (number, bytes) => Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
  const input = Buffer.concat([
    field(1, Buffer.from('INPUT')),
    field(2, Buffer.from(datatype)),
    field(3, Buffer.from(shape)),
  ]);
  return Buffer.concat([field(1, Buffer.from(model)), field(5, input), field(7, data)]);
}
