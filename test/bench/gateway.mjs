// What our listener before an engine costs: requests per second and p50 straight to a stand-in engine, through a
// listener of Node that copies bytes and reads nothing, through the gateway, and through proxies in C that copy bytes
// (socat and haproxy, where installed), in turns. The engine answers after 1 or 2 ms, either all callers at once or one
// after another, as one model instance does.
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import { loadavg } from 'node:os';
import { promisify } from 'node:util';
import { HttpGateway } from '../../src/proxy/index.ts';
import { TempFolder } from '../helpers/temp-project.ts';
import { startByteProxies } from './lib/byte-proxies.mjs';
import { median } from './lib/figures.mjs';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 2);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const CONNECTIONS = [1, 8, 32];
const ENGINES = [
  { name: '0 ms', ms: 0, single: false },
  { name: '1 ms', ms: 1, single: false },
  { name: '2 ms', ms: 2, single: false },
  { name: '1 ms, one instance', ms: 1, single: true },
  { name: '2 ms, one instance', ms: 2, single: true },
];

/** It takes each read for one request, which holds for small ones, so that it costs little beside the gateway. */
const ENGINE = `
const [ms, single] = [Number(process.argv[1]), process.argv[2] === 'true'];
const answer = Buffer.from('HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: 2\\r\\n\\r\\n{}');
const waiting = [];
let busy = false;
const next = () => {
  const socket = waiting.shift();
  busy = socket !== undefined;
  if (busy) setTimeout(() => { socket.write(answer); next(); }, ms);
};
const server = require('node:net').createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  socket.on('data', () => {
    if (ms === 0) socket.write(answer);
    else if (!single) setTimeout(() => socket.write(answer), ms);
    else { waiting.push(socket); if (!busy) next(); }
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit()).resume();
`;

export async function run() {
  if (spawnSync('wrk', ['--version']).error) {
    process.stdout.write('skipped: there is no wrk on PATH\n');
    return;
  }
  const folder = await TempFolder.create();
  const script = folder.path('request.lua');
  const body = JSON.stringify({
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }],
  });
  writeFileSync(
    script,
    `wrk.method = 'POST'\nwrk.headers['Content-Type'] = 'application/json'\nwrk.body = [[${body}]]\n` +
      `done = function(s, l, r)\n  io.write(string.format('FIGURES %f %f %d\\n', s.requests / s.duration * 1e6, l:percentile(50) / 1e3, s.errors.status + s.errors.read + s.errors.write + s.errors.timeout + s.errors.connect))\nend\n`,
  );
  try {
    for (const engine of ENGINES) await compare(folder.path('.'), script, engine);
  } finally {
    await folder[Symbol.asyncDispose]();
  }
}

async function compare(folder, script, { name, ms, single }) {
  const engine = spawn(process.execPath, ['-e', ENGINE, String(ms), String(single)]);
  const [port] = await once(engine.stdout, 'data');
  const direct = `http://127.0.0.1:${Number(port)}`;
  const gateway = new HttpGateway({ host: '127.0.0.1', port: 0, modelControlMode: 'none' });
  const through = `http://127.0.0.1:${await gateway.listen()}`;
  gateway.switchTo({ http: direct });
  const copier = await startCopier(Number(port));
  const proxies = await startByteProxies(folder, Number(port));
  const sides = [
    { name: 'direct', url: direct },
    { name: 'bytes', url: `http://127.0.0.1:${copier.address().port}` },
    { name: 'gateway', url: through },
    ...proxies.map((proxy) => ({ name: proxy.name, url: `http://127.0.0.1:${proxy.port}` })),
  ];
  try {
    for (const connections of CONNECTIONS) {
      const rounds = sides.map(() => []);
      for (let round = 0; round < ROUNDS; round += 1)
        for (const [side, { url }] of sides.entries())
          rounds[side].push(await measure(script, url, connections));
      const of = (side, figure) => median(rounds[side].map((row) => row[figure]));
      const figures = sides.map(({ name: by }, side) => {
        const ratio = side === 0 ? '' : ` = ${(of(side, 'rate') / of(0, 'rate')).toFixed(2)}`;
        return `${by} ${of(side, 'rate').toFixed(0)}/s${ratio} (p50 ${of(side, 'p50').toFixed(2)} ms)`;
      });
      process.stdout.write(
        `engine ${name}, c = ${connections}: ${figures.join(', ')} (load average ${loadavg()[0].toFixed(1)})\n`,
      );
    }
  } finally {
    await gateway[Symbol.asyncDispose]();
    copier.close();
    for (const { child } of proxies) child.kill();
    engine.stdin.end();
    await once(engine, 'exit');
  }
}

/** The least that a hop through Node costs. */
async function startCopier(port) {
  const server = net.createServer({ noDelay: true }, (client) => {
    const engine = net.connect({ host: '127.0.0.1', port, noDelay: true });
    for (const [from, to] of [
      [client, engine],
      [engine, client],
    ]) {
      from.on('data', (chunk) => to.write(chunk));
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** wrk beside this process, whose event loop is the gateway's. */
async function measure(script, url, connections) {
  const target = `${url}/v2/models/m/infer`;
  const args = ['-t', '1', '-c', String(connections), '-d', String(SECONDS), '-s', script, target];
  const { stdout } = await promisify(execFile)('wrk', args);
  const [, rate, p50, errors] = /FIGURES (\S+) (\S+) (\d+)/.exec(stdout) ?? [];
  if (errors !== '0') throw new Error(`wrk saw errors: ${stdout}`);
  return { rate: Number(rate), p50: Number(p50) };
}
