import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { junitReport, readSampleRequests, runSmoke, type SmokeResult } from '../../../src/cloud/index.ts';
import { EventBus } from '../../../src/events/index.ts';
import { type InferenceServer, startInferenceServer } from '../../../src/inference/index.ts';
import { modelPython, peerPython, runPython } from '../../helpers/python.ts';
import { RealScoringServer } from '../../helpers/real-scoring-server.ts';
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
    server = await RealScoringServer.start(project.path('score.py'), {
      variables: { AML_APP_ROOT: project.directory },
    });
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    await engine?.[Symbol.asyncDispose]();
    await project?.[Symbol.asyncDispose]();
  });

  const smoke = async (file?: string): Promise<readonly SmokeResult[]> =>
    runSmoke({
      requests: await readSampleRequests(project.directory, file),
      scoringUri: `http://127.0.0.1:${server.port}/score`,
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
      const answer = await fetch(`http://127.0.0.1:${server.port}/score`, { method: 'POST', body });
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
    await using echo = await RealScoringServer.start(project.path('echo.py'), {
      variables: { AML_APP_ROOT: project.directory },
    });
    await writeFile(
      project.path('echo.json'),
      `{"version": 1, "tolerance": {}, "requests": [{"name": "echo", "score": {}, "expect": {"json": ${text}}}]}`,
    );
    const [result] = await runSmoke({
      requests: await readSampleRequests(project.directory, project.path('echo.json')),
      scoringUri: `http://127.0.0.1:${echo.port}/score`,
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
