// 25,000 requests, four fifths of them bad, from 32 callers at a time: is each answered with its status, do
// good ones between them still get their answer, does every worker live on, and does memory stay flat.
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { TempFolder } from '../helpers/temp-project.ts';
import { exchangeBytes, requestText } from '../unit/scoring/raw-http.ts';
import { Cli } from './lib/cli.mjs';
import { residentMiB, treeOf } from './lib/process-tree.mjs';

const REQUESTS = Number(process.env.BENCH_REQUESTS ?? 25_000);
const PARTS = 5;
const CALLERS = 32;
const KEY = 'bench-key';

const SCRIPT = `import flask


def init():
    pass


def run(data):
    if data == "stream":
        return flask.Response(("x" * 60000 for _ in range(1000)))
    if data == "raise":
        raise ValueError(data)
    return len(data)
`;

const authorized = [`Authorization: Bearer ${KEY}`];
const chunked = requestText('POST', '/score', [...authorized, 'Transfer-Encoding: chunked']);
const post = (body, extra = authorized) => requestText('POST', '/score', extra, body);

/** What is sent, and the status that it must get; 0 where the caller does not wait for one. */
const KINDS = [
  ['good', post('{"a": 1}'), 200],
  ['good, 100 kB', post('x'.repeat(100_000)), 200],
  ['good, half closed', post('{}'), 200, { halfClose: true }],
  ['no key', post('{}', []), 401],
  ['wrong key', post('{}', ['Authorization: Bearer wrong']), 401],
  ['not UTF-8', post('\xff'), 400],
  ['a script that raises', post('raise'), 500],
  ['unknown path', requestText('GET', '/nowhere', authorized), 404],
  [
    'an oversize body',
    `${requestText('POST', '/score', [...authorized, 'Content-Length: 999999999999'])}x`,
    413,
  ],
  ['a broken chunk', `${chunked}zz\r\n`, 500],
  ['no HTTP', 'nonsense\r\n\r\n', 400],
  [
    'too many fields',
    requestText(
      'GET',
      '/',
      Array.from({ length: 150 }, (_, n) => `x-${n}: 1`),
    ),
    431,
  ],
  ['a field of 100 kB', requestText('GET', '/', [`x: ${'A'.repeat(100_000)}`]), 431],
  ['a long line', requestText('GET', `/${'a'.repeat(5_000)}`, authorized), 414],
  ['leaves within the body', `${requestText('POST', '/score', [...authorized, 'Content-Length: 9'])}x`, 0],
  ['leaves a stream', post('stream'), 0],
];

export async function run() {
  const folder = await TempFolder.create();
  await writeFile(folder.path('score.py'), SCRIPT);
  const cli = await Cli.start(folder.directory, ['--workers', '2', '--auth', 'key'], {
    TRITON_LOCAL_KEY: KEY,
  });
  try {
    const port = Number(new URL(cli.scoring).port);
    const workers = treeOf(cli.pid);
    const wrong = new Map();
    for (let part = 1; part <= PARTS; part += 1) {
      await send(port, REQUESTS / PARTS, wrong);
      const memory = workers.map((pid) => residentMiB(pid).toFixed(0)).join(' + ');
      process.stdout.write(`after ${(REQUESTS / PARTS) * part} requests: ${memory} MiB\n`);
    }
    const alive = treeOf(cli.pid);
    const lost = workers.filter((pid) => !alive.includes(pid)).length;
    process.stdout.write(
      `processes lost: ${lost}; wrong answers: ${JSON.stringify(Object.fromEntries(wrong))}\n`,
    );
  } finally {
    await cli[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  }
}

async function send(port, count, wrong) {
  let sent = 0;
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      while (sent < count) {
        sent += 1;
        const [name, bytes, expected, options] = KINDS[sent % KINDS.length];
        const status =
          expected === 0 ? await leave(port, bytes) : (await exchangeBytes(port, bytes, options))?.status;
        if (status !== expected) wrong.set(`${name}: ${status}`, (wrong.get(`${name}: ${status}`) ?? 0) + 1);
      }
    }),
  );
}

/** Sends, waits for the first bytes or a moment, and goes away. */
async function leave(port, bytes) {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(bytes, 'latin1');
  await Promise.race([new Promise((resolve) => socket.once('data', resolve)), sleep(50)]);
  socket.destroy();
  return 0;
}
