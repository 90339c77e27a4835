import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { junitReport, readSampleRequests, runSmoke, type SmokeResult } from '../../../src/cloud/index.ts';
import { EventBus } from '../../../src/events/index.ts';
import { type InferenceServer, startInferenceServer } from '../../../src/inference/index.ts';
import { modelPython, peerPython, requirePeerPython, runPython } from '../../helpers/python.ts';
import { digitsSample, repositoryRoot, TempFolder } from '../../helpers/temp-project.ts';

// The sample as Azure runs it: its script in the real azureml-inference-server-http, calling a KServe server with the
// real tritonclient; only the port of that server is another one.
describe.skipIf(!peerPython)('the digits sample in the real scoring server', () => {
  let project: TempFolder;
  let engine: InferenceServer;
  let server: RealScoringServer;

  beforeAll(async () => {
    project = await TempFolder.copyOf(digitsSample);
    engine = await startInferenceServer(
      {
        repository: project.path('models/triton'),
        host: '127.0.0.1',
        httpPort: 0,
        modelControlMode: 'none',
        runtimePaths: [repositoryRoot],
        python: modelPython,
        events: new EventBus(),
      },
      new AbortController().signal,
    );
    const script = await readFile(project.path('score.py'), 'utf8');
    const redirected = script.replace('"localhost:8000"', JSON.stringify(new URL(engine.httpUrl).host));
    expect(redirected).not.toBe(script);
    await writeFile(project.path('score.py'), redirected);
    server = await RealScoringServer.start(project.directory);
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    await engine?.[Symbol.asyncDispose]();
    await project?.[Symbol.asyncDispose]();
  });

  const smoke = async (file?: string): Promise<readonly SmokeResult[]> =>
    runSmoke({
      requests: await readSampleRequests(project.directory, file),
      scoringUri: `${server.url}/score`,
      inferUrl: engine.httpUrl,
      timeoutMs: 10_000,
      signal: new AbortController().signal,
    });

  it('passes every sample request', async () => {
    const results = await smoke();
    expect(results.flatMap(({ differences }) => differences)).toEqual([]);
    expect(results.length).toBeGreaterThanOrEqual(6);
  });

  it('refuses data that is not an image with 400 and says why', async () => {
    const row = Array(8).fill(0);
    const image = (first: unknown) => ({ image: [[first, ...row.slice(1)], ...Array(7).fill(row)] });
    const refusals: [string | object, string][] = [
      ['no json', 'the request is not JSON: Expecting value: line 1 column 1 (char 0)'],
      ['['.repeat(100_000), 'the request is not JSON: '],
      [[], 'the request must be a JSON object with the key "image"'],
      [{ image: [row] }, 'image must be 8 rows of 8 numbers'],
      [{ image: null }, 'image must be 8 rows of 8 numbers'],
      [image(17), 'image[0][0] must be a number from 0 to 16'],
      [image(-1), 'image[0][0] must be a number from 0 to 16'],
      [image('3'), 'image[0][0] must be a number from 0 to 16'],
      [image(true), 'image[0][0] must be a number from 0 to 16'],
      [JSON.stringify(image(0)).replace('[0', '[NaN'), 'image[0][0] must be a number from 0 to 16'],
    ];
    for (const [content, reason] of refusals) {
      const body = typeof content === 'string' ? content : JSON.stringify(content);
      const answer = await fetch(`${server.url}/score`, { method: 'POST', body });
      expect(answer.status, body.slice(0, 80)).toBe(400);
      expect(((await answer.json()) as { error: string }).error).toContain(reason);
    }
  });

  it('reads what Python writes: NaN, infinities and 64-bit integers', async () => {
    const text = await runPython(
      'import json; print(json.dumps({"a": [float("nan"), float("inf"), -float("inf"), 2**63 - 1, 1e22, 0.1]}))',
    );
    await writeFile(
      project.path('echo.py'),
      `def init():\n    pass\n\n\ndef run(data):\n    return ${pythonLiteral(text)}\n`,
    );
    await using echo = await RealScoringServer.start(project.directory, 'echo.py');
    await writeFile(
      project.path('echo.json'),
      `{"version": 1, "tolerance": {}, "requests": [{"name": "echo", "score": {}, "expect": {"json": ${text}}}]}`,
    );
    const [result] = await runSmoke({
      requests: await readSampleRequests(project.directory, project.path('echo.json')),
      scoringUri: `${echo.url}/score`,
      timeoutMs: 10_000,
      signal: new AbortController().signal,
    });
    expect(result).toMatchObject({ ok: true, differences: [] });
  });

  it('gives a JUnit report that an XML parser reads back as it was', async () => {
    const name = 'a <b> & "c" \'d\' ]]> 🙂\n\ttab';
    const xml = junitReport([{ name, ok: false, status: 500, ms: 1, differences: [name, 'second'] }]);
    const parsed = await runPython(
      `import json, sys, xml.etree.ElementTree as tree
case = tree.fromstring(sys.argv[1].encode()).find("testsuite/testcase")
print(json.dumps([case.get("name"), case.find("failure").get("message"), case.find("failure").text]))`,
      xml,
    );
    expect(JSON.parse(parsed)).toEqual([name, name, `${name}\nsecond`]);
  });
});

const pythonLiteral = (json: string): string => `__import__("json").loads(${JSON.stringify(json.trim())})`;

class RealScoringServer implements AsyncDisposable {
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, port: number) {
    this.#process = process;
    this.url = `http://127.0.0.1:${port}`;
  }

  static async start(directory: string, script = 'score.py'): Promise<RealScoringServer> {
    const port = await freePort();
    const args = ['-m', 'azureml_inference_server_http', '--entry_script', script, '--port', String(port)];
    const child = spawn(requirePeerPython(), args, {
      cwd: directory,
      env: { ...process.env, AML_APP_ROOT: directory, PYTHONDONTWRITEBYTECODE: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let log = '';
    await new Promise<void>((resolve, reject) => {
      const onData = (chunk: Buffer) => {
        log += chunk;
        if (log.includes('ready for serving traffic')) resolve();
      };
      child.stdout.on('data', onData);
      child.stderr.on('data', onData);
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`the scoring server ended with ${code}:\n${log}`)));
    });
    return new RealScoringServer(child, port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    if (this.#process.pid && this.#process.exitCode === null) process.kill(-this.#process.pid, 'SIGKILL');
    else return;
    await ended;
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
