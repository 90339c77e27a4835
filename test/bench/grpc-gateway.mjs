// What our listener before an engine's gRPC costs: calls per second and p50 straight to a stand-in engine, through a
// listener that copies bytes and reads nothing, and through ours, in turns. One connection with 1 or 8 calls under way;
// the engine answers at once or after 1 ms.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { CopiedBytes } from '../../src/proxy/gateway/copied-bytes.ts';
import { GrpcGateway } from '../../src/proxy/gateway/grpc-gateway.ts';
import { TcpGateway } from '../../src/proxy/gateway/tcp-gateway.ts';
import { median } from './lib/figures.mjs';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 2);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);

const ENGINE = `
const ms = Number(process.argv[1]);
const server = require('node:http2').createServer();
server.on('stream', (stream) => {
  stream.resume();
  const later = ms === 0 ? (answer) => answer() : (answer) => setTimeout(answer, ms);
  stream.once('end', () => later(() => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(Buffer.alloc(100));
  }));
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit()).resume();
`;

const LOAD = `
const [port, calls, seconds] = process.argv.slice(1).map(Number);
const client = require('node:http2').connect('http://127.0.0.1:' + port);
const times = [];
const until = performance.now() + seconds * 1000;
const call = () => new Promise((resolve, reject) => {
  const began = performance.now();
  const fields = { ':method': 'POST', ':path': '/inference.GRPCInferenceService/ModelInfer', te: 'trailers' };
  const stream = client.request({ ...fields, 'content-type': 'application/grpc' });
  let status;
  stream.on('trailers', (trailers) => { status = trailers['grpc-status']; });
  stream.on('close', () => (status === '0' ? resolve(times.push(performance.now() - began)) : reject(new Error('failed'))));
  stream.resume();
  stream.end(Buffer.alloc(100));
});
const one = async () => { while (performance.now() < until) await call(); };
Promise.all(Array.from({ length: calls }, one)).then(() => {
  times.sort((a, b) => a - b);
  console.log(JSON.stringify({ rate: times.length / seconds, p50: times[times.length >> 1] }));
  client.close();
});
`;

export async function run() {
  for (const ms of [0, 1]) {
    const engine = spawn(process.execPath, ['-e', ENGINE, String(ms)]);
    const [port] = await once(engine.stdout, 'data');
    const endpoints = { http: 'http://unused', grpc: `127.0.0.1:${Number(port)}` };
    const bytes = new TcpGateway({
      service: 'grpc',
      pass: (client, engine) => new CopiedBytes(client, engine),
    });
    const ours = new GrpcGateway({ allowsControl: false });
    const ports = [Number(port)];
    for (const gateway of [bytes, ours]) {
      ports.push(await gateway.listen('127.0.0.1', 0, 'gRPC'));
      gateway.switchTo(endpoints);
    }
    for (const count of [1, 8]) await compare(ms, count, ports);
    for (const gateway of [bytes, ours]) await gateway[Symbol.asyncDispose]();
    engine.stdin.end();
    await once(engine, 'exit');
  }
}

async function compare(ms, count, ports) {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const row = [];
    for (const port of ports) row.push(await measure(port, count));
    rounds.push(row);
  }
  const figures = ports.map((_, side) => {
    const rate = median(rounds.map((row) => row[side].rate));
    const p50 = median(rounds.map((row) => row[side].p50));
    const cpu = median(rounds.map((row) => row[side].cpu));
    return `${rate.toFixed(0)}/s (p50 ${p50.toFixed(2)} ms, ${cpu.toFixed(0)} µs of CPU here)`;
  });
  const [direct, bytes, ours] = figures;
  process.stdout.write(
    `engine ${ms} ms, ${count} calls: direct ${direct}, bytes ${bytes}, gateway ${ours}\n`,
  );
}

async function measure(port, count) {
  const before = process.cpuUsage();
  const load = spawn(process.execPath, ['-e', LOAD, String(port), String(count), String(SECONDS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(load.stdout, 'data');
  await once(load, 'exit');
  const { user, system } = process.cpuUsage(before);
  const { rate, p50 } = JSON.parse(line);
  return { rate, p50, cpu: (user + system) / (rate * SECONDS) };
}
