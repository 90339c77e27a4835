// What our listener before an engine's gRPC costs: calls per second and p50 straight to a stand-in engine, through a
// listener of Node that copies bytes and reads nothing, through a proxy in C that does the same (socat and haproxy,
// where installed), and through ours, in turns. One connection with 1 or 8 calls under way; the engine answers at once
// or after 1 ms.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import { CopiedBytes } from '../../src/proxy/gateway/copied-bytes.ts';
import { GrpcGateway } from '../../src/proxy/gateway/grpc-gateway.ts';
import { TcpGateway } from '../../src/proxy/gateway/tcp-gateway.ts';
import { TempFolder } from '../helpers/temp-project.ts';
import { startByteProxies } from './lib/byte-proxies.mjs';
import { median } from './lib/figures.mjs';
import { GrpcLoad, haveH2load } from './lib/h2load.mjs';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 1);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);

/** It answers each stream that ends with the same message, and reads no more of the frames than that takes. */
const ENGINE = `
const ms = Number(process.argv[1]);
const frame = (type, flags, payload) => {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  return Buffer.concat([head, payload]);
};
const literal = (text) => Buffer.from([text.length, ...Buffer.from(text)]);
const field = (name, value) => Buffer.concat([Buffer.from([0]), literal(name), literal(value)]);
const head = frame(1, 4, Buffer.concat([field(':status', '200'), field('content-type', 'application/grpc')]));
const data = frame(0, 0, Buffer.alloc(100));
const trailers = frame(1, 5, field('grpc-status', '0'));
const answer = Buffer.concat([head, data, trailers]);
const starts = [0, head.length, head.length + data.length];
const window = Buffer.from([0, 0, 4, 8, 0, 0, 0, 0, 0, 63, 255, 255, 255]);
require('node:net').createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  socket.write(Buffer.concat([frame(4, 0, Buffer.alloc(0)), window]));
  let rest = Buffer.alloc(0);
  let hasPreface = false;
  const send = (ids) => socket.write(Buffer.concat(ids.map((id) => {
    const copy = Buffer.from(answer);
    for (const start of starts) copy.writeUInt32BE(id, start + 5);
    return copy;
  })));
  socket.on('data', (chunk) => {
    let bytes = Buffer.concat([rest, chunk]);
    if (!hasPreface) bytes = bytes.subarray(24);
    hasPreface = true;
    const ended = [];
    let at = 0;
    while (bytes.length - at >= 9 && bytes.length - at >= 9 + bytes.readUIntBE(at, 3)) {
      const [type, flags] = [bytes[at + 3], bytes[at + 4]];
      if (type === 4 && !(flags & 1)) socket.write(frame(4, 1, Buffer.alloc(0)));
      if (type < 2 && flags & 1) ended.push(bytes.readUInt32BE(at + 5));
      at += 9 + bytes.readUIntBE(at, 3);
    }
    rest = bytes.subarray(at);
    if (ended.length > 0) ms === 0 ? send(ended) : setTimeout(send, ms, ended);
  });
}).listen(0, '127.0.0.1', function () { console.log(this.address().port); });
process.stdin.on('end', () => process.exit()).resume();
`;

export async function run() {
  if (!haveH2load()) return;
  const folder = await TempFolder.create();
  const load = await GrpcLoad.create(folder.path('.'), 'ModelInfer', Buffer.alloc(100));
  for (const ms of [0, 1]) {
    const engine = spawn(process.execPath, ['-e', ENGINE, String(ms)]);
    const [line] = await once(engine.stdout, 'data');
    const port = Number(line);
    const bytes = new TcpGateway({
      service: 'grpc',
      pass: (client, engine) => new CopiedBytes(client, engine),
    });
    const ours = new GrpcGateway({ allowsControl: false });
    const sides = [{ name: 'direct', port }];
    for (const [name, gateway] of [
      ['bytes', bytes],
      ['gateway', ours],
    ]) {
      sides.push({ name, port: await gateway.listen('127.0.0.1', 0, 'gRPC') });
      gateway.switchTo({ http: 'http://unused', grpc: `127.0.0.1:${port}` });
    }
    const proxies = await startByteProxies(folder.path('.'), port);
    for (const count of [1, 8]) await compare(ms, count, [...sides, ...proxies], load);
    for (const gateway of [bytes, ours]) await gateway[Symbol.asyncDispose]();
    for (const { child } of proxies) child.kill();
    engine.stdin.end();
    await once(engine, 'exit');
  }
  await folder[Symbol.asyncDispose]();
}

async function compare(ms, count, sides, load) {
  const rounds = sides.map(() => []);
  for (let round = -1; round < ROUNDS; round += 1)
    for (const [side, { port }] of sides.entries()) {
      const measured = await measure(load, port, count);
      if (round >= 0) rounds[side].push(measured);
    }
  const of = (side, figure) => median(rounds[side].map((row) => row[figure]));
  const figures = sides.map(({ name }, side) => {
    const isHere = name === 'bytes' || name === 'gateway';
    const ratio = side === 0 ? '' : ` = ${(of(side, 'rate') / of(0, 'rate')).toFixed(2)}`;
    const cpu = isHere ? `, ${of(side, 'cpu').toFixed(0)} µs of CPU` : '';
    return `${name} ${of(side, 'rate').toFixed(0)}/s${ratio} (p50 ${of(side, 'p50').toFixed(2)} ms${cpu})`;
  });
  process.stdout.write(
    `engine ${ms} ms, ${count} calls: ${figures.join(', ')} (load average ${loadavg()[0].toFixed(1)})\n`,
  );
}

async function measure(load, port, calls) {
  const before = process.cpuUsage();
  const { rate, p50 } = await load.send(`127.0.0.1:${port}`, { connections: 1, calls, seconds: SECONDS });
  const { user, system } = process.cpuUsage(before);
  return { rate, p50, cpu: (user + system) / (rate * SECONDS) };
}
