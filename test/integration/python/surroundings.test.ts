import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readdir, stat, utimes, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { formatAddress } from '../../../src/base/index.ts';
import { type ScorePoolOptions, startScorePool } from '../../../src/python/index.ts';
import { ask, ENVIRONMENT, isAlive, Project, post, TEST_PYTHON, textOf } from './project.ts';

/** Windows has no descriptor that another socket could take over. */
const hasIpv6 =
  process.platform !== 'win32' &&
  Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1'));

let project: Project;
const parents: ChildProcess[] = [];
afterEach(async () => {
  for (const parent of parents.splice(0)) parent.kill('SIGKILL');
  await project[Symbol.asyncDispose]();
});

const limit = () => AbortSignal.timeout(30_000);

async function answer(change: Partial<ScorePoolOptions> = {}, body = ''): Promise<unknown> {
  const pool = await startScorePool(project.options(change), limit());
  try {
    return JSON.parse(textOf(await ask(pool, post(body))));
  } finally {
    await pool[Symbol.asyncDispose]();
  }
}

describe('the surroundings of a script', () => {
  it('are those of the cloud: paths, names, variables', async () => {
    project = await Project.create();
    const entryScript = await project.write(
      'code/score.py',
      `import os, sys
def init():
    pass
def run(data):
    return {"file": __file__, "name": __name__, "cwd": os.getcwd(), "registered": __name__ in sys.modules,
            "last": sys.path[-1], "own": os.path.dirname(__file__) in sys.path,
            "ours": [name for name in sys.path if "harness" in name],
            "env": [os.environ.get(name) for name in ("AML_APP_ROOT", "AZUREML_ENTRY_SCRIPT", "AZUREML_MODEL_DIR",
                    "SCORING_TIMEOUT_MS", "WORKER_COUNT")]}
`,
    );
    const { directory } = project;
    const environment = { ...ENVIRONMENT, AZUREML_MODEL_DIR: 'azureml-models/a/1' };
    expect(await answer({ entryScript, environment })).toEqual({
      file: entryScript,
      name: 'entry_module',
      cwd: directory,
      registered: false,
      last: directory,
      own: false,
      ours: [],
      env: [directory, entryScript, 'azureml-models/a/1', null, '1'],
    });
  });

  it('hold nothing of ours that a module of the user could be mistaken for', async () => {
    project = await Project.create(
      'import channel, streams, session, script\ndef init():\n    pass\ndef run(data):\n    return channel.WHO\n',
    );
    for (const name of ['channel', 'streams', 'session', 'script'])
      await project.write(`${name}.py`, 'WHO = "user"\n');
    expect(await answer()).toBe('user');
  });

  it('serve the second of two saves that agree in second and size', async () => {
    const script =
      'import helper, package.part\ndef init():\n    pass\ndef run(data):\n    return [helper.N, package.part.N]\n';
    project = await Project.create(script);
    const files = [
      await project.write('helper.py', 'N = 1\n'),
      await project.write('package/part.py', 'N = 1\n'),
    ];
    await project.write('package/__init__.py', '');
    const moment = new Date(1_700_000_000_000);
    for (const file of files) await utimes(file, moment, moment);
    // A run outside of ours leaves bytecode that claims to be current.
    execFileSync(TEST_PYTHON, ['-c', 'import helper, package.part'], {
      cwd: project.directory,
      env: { ...ENVIRONMENT, PYTHONDONTWRITEBYTECODE: '' },
    });
    expect(await readdir(path.join(project.directory, '__pycache__'))).toHaveLength(1);
    for (const file of files) {
      await writeFile(file, 'N = 2\n');
      await utimes(file, moment, moment);
    }
    expect(await answer()).toEqual([2, 2]);
  });

  it('leave no file in the project', async () => {
    project = await Project.create(
      'import helper, sys, subprocess\ndef init():\n    subprocess.run([sys.executable, "-c", "import helper"], check=True)\ndef run(data):\n    return 1\n',
    );
    await project.write('helper.py', 'N = 1\n');
    await answer();
    expect((await readdir(project.directory)).sort()).toEqual(['helper.py', 'score.py']);
  });
});

describe('localhost:8000 of a script', () => {
  const clients: Readonly<Record<string, string>> = {
    'tritonclient.http':
      'import tritonclient.http as http\nclient = http.InferenceServerClient("localhost:8000")\nanswer = client.is_server_live()\n',
    'tritonclient.http by address':
      'import tritonclient.http as http\nclient = http.InferenceServerClient("127.0.0.1:8000")\nanswer = client.is_server_live()\n',
    urllib:
      'import urllib.request\nanswer = urllib.request.urlopen("http://localhost:8000/v2/health/live").status == 200\n',
    requests: 'import requests\nanswer = requests.get("http://[::1]:8000/v2/health/live").ok\n',
    asyncio: `import asyncio
async def ask():
    reader, writer = await asyncio.open_connection("localhost", 8000)
    writer.write(b"GET /v2/health/live HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n")
    return (await reader.readline()).startswith(b"HTTP/1.1 200")
answer = asyncio.run(ask())
`,
    'a socket after gevent patched it': `import gevent.monkey
gevent.monkey.patch_all()
import urllib.request
answer = urllib.request.urlopen("http://localhost:8000/v2/health/live").status == 200
`,
  };

  const hosts = ['127.0.0.1', ...(hasIpv6 ? ['::1'] : [])];
  const cases = Object.entries(clients).flatMap(([name, source]) =>
    hosts.map((host) => ({ name, source, host })),
  );
  for (const { name, source, host } of cases)
    it.skipIf(!hasModules(name))(`is the engine at ${host} for ${name}`, async () => {
      const body = source
        .split('\n')
        .map((line) => `    ${line}`)
        .join('\n');
      project = await Project.create(`def init():\n    pass\ndef run(data):\n${body}\n    return answer\n`);
      const server = http.createServer((_request, response) => response.end()).listen(0, host);
      await new Promise((resolve) => server.once('listening', resolve));
      try {
        const { port } = server.address() as AddressInfo;
        expect(await answer({ engineAuthority: formatAddress(host, port) })).toBe(true);
      } finally {
        server.closeAllConnections();
        server.close();
      }
    });

  it.skipIf(!hasIpv6)('is refused where the engine at ::1 has gone', async () => {
    project = await Project.create(`import socket
def init():
    pass
def run(data):
    quiet = socket.socket().connect_ex(("127.0.0.1", 8000))
    try:
        socket.create_connection(("127.0.0.1", 8000)).close()
    except ConnectionRefusedError as error:
        return quiet == error.errno
`);
    const server = http.createServer().listen(0, '::1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    expect(await answer({ engineAuthority: formatAddress('::1', port) })).toBe(true);
  });

  it('leaves other ports and hosts alone', async () => {
    project = await Project.create(`import socket
def init():
    pass
def run(data):
    listener = socket.create_server(("127.0.0.1", 0))
    socket.create_connection(listener.getsockname()).close()
    try:
        socket.create_connection(("192.0.2.1", 8000), timeout=0.05).close()
    except OSError:
        return "not the engine"
`);
    const server = http.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await answer({ engineAuthority: `127.0.0.1:${port}` })).toBe('not the engine');
    server.close();
  });
});

describe('a parent that is killed', () => {
  it.each(['idle', 'busy', 'starting', 'spare', 'forked'])(
    'takes a worker that is %s with it',
    async (state) => {
      const hang = 'import time\n    while True:\n        time.sleep(0.01)\n';
      project = await Project.create(
        `def init():\n    ${state === 'starting' ? hang : 'pass'}\ndef run(data):\n    ${hang}`,
      );
      const parent = path.join(project.directory, 'parent.mjs');
      const index = fileURLToPath(new URL('../../../src/python/index.ts', import.meta.url));
      await buildParent(
        index,
        parent,
        { ...project.options({ preload: state === 'forked' }), events: undefined },
        state,
      );
      const child = spawn(process.execPath, [parent], { stdio: ['ignore', 'pipe', 'inherit'] });
      parents.push(child);
      const pids = await new Promise<number[]>((resolve) => {
        child.stdout.once('data', (chunk: Buffer) => resolve(JSON.parse(String(chunk))));
      });
      expect(pids.length).toBeGreaterThan(0);
      expect(pids.map(isAlive)).not.toContain(false);
      child.kill('SIGKILL');
      await expect.poll(() => pids.some(isAlive), { timeout: 5_000 }).toBe(false);
      await stat(parent);
    },
  );
});

/** A program that starts workers and prints their pids once they are in the wanted state. */
async function buildParent(index: string, file: string, options: object, state: string): Promise<void> {
  const { build } = await import('esbuild');
  const source = `
    import { execFileSync } from 'node:child_process';
    import { ScorePoolFactory } from ${JSON.stringify(index)};
    const pids = [];
    const tell = () => setTimeout(() => {
      const all = execFileSync('ps', ['-eo', 'pid=,ppid=,comm=']).toString().trim().split('\\n').filter((row) => row.includes('python')).map((row) => row.trim().split(/\\s+/).map(Number));
      console.log(JSON.stringify(all.filter(([pid, parent]) => parent === process.pid && pids.includes(pid) || ${state === 'spare'} && parent === process.pid || ${state === 'forked'} && (parent === process.pid || pids.includes(pid))).map(([pid]) => pid)));
    }, 200);
    const events = { emit(event) { if (event.type === 'worker.started') { pids.push(event.pid); ${state === 'starting' ? 'tell();' : ''} } } };
    const factory = new ScorePoolFactory();
    const pool = await factory.start({ ...${JSON.stringify(options)}, events }, new AbortController().signal);
    ${state === 'busy' || state === 'forked' ? `pool.score({ id: 'a', method: 'POST', target: '/score', headers: [], body: Buffer.from('') }, new AbortController().signal);` : ''}
    ${state === 'spare' ? 'await factory.warmed(); pids.length = 0;' : ''}
    ${state === 'starting' ? '' : 'tell();'}
  `;
  await build({
    stdin: { contents: source, resolveDir: path.dirname(index), loader: 'ts' },
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    define: { 'import.meta.url': JSON.stringify(new URL('../../../src/python/x.ts', import.meta.url).href) },
    logLevel: 'error',
  });
}

function hasModules(client: string): boolean {
  const modules = client.includes('triton')
    ? 'tritonclient.http'
    : client === 'requests'
      ? 'requests'
      : 'gevent';
  if (client === 'urllib' || client === 'asyncio') return true;
  try {
    execFileSync(TEST_PYTHON, ['-c', `import ${modules}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
