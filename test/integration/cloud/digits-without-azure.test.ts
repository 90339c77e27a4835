import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventBus } from '../../../src/events/index.ts';
import { type InferenceServer, startInferenceServer } from '../../../src/inference/index.ts';
import { type ScorePool, startScorePool } from '../../../src/python/index.ts';
import { peerPython, requirePeerPython } from '../../helpers/python.ts';
import { digitsSample, repositoryRoot, TempFolder } from '../../helpers/temp-project.ts';

/** Python runs this at its start. The peers have Azure's scoring server installed; a user's environment has not. */
const HIDE_AZURE = `
import importlib.machinery

find_spec = importlib.machinery.PathFinder.find_spec


def hiding(name, path=None, target=None):
    if name.partition(".")[0] in ("azureml", "azureml_inference_server_http"):
        return None
    return find_spec(name, path, target)


importlib.machinery.PathFinder.find_spec = hiding
`;

describe.skipIf(!peerPython)('the digits sample where only its requirements are installed', () => {
  let folder: TempFolder;
  let engine: InferenceServer;
  let pool: ScorePool;
  const signal = new AbortController().signal;

  beforeAll(async () => {
    folder = await TempFolder.copyOf(digitsSample);
    await mkdir(folder.path('start'));
    await writeFile(folder.path('start/sitecustomize.py'), HIDE_AZURE);
    engine = await startInferenceServer(
      {
        repository: folder.path('models/triton'),
        host: '127.0.0.1',
        httpPort: 0,
        modelControlMode: 'none',
        runtimePaths: [repositoryRoot],
        events: new EventBus(),
      },
      signal,
    );
    pool = await startScorePool(
      {
        generation: 1,
        workers: 1,
        interpreter: requirePeerPython(),
        entryScript: folder.path('score.py'),
        sourceDirectory: folder.directory,
        environment: { ...inherited(), PYTHONPATH: folder.path('start') },
        engineAuthority: new URL(engine.httpUrl).host,
        scoringTimeoutMs: 10_000,
        initTimeoutMs: 30_000,
        events: new EventBus(),
      },
      signal,
    );
  });
  afterAll(async () => {
    await pool?.[Symbol.asyncDispose]();
    await engine?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const score = async (body: object) => {
    const outcome = await pool.score(
      {
        id: 'one',
        method: 'POST',
        target: '/score',
        headers: [['content-type', 'application/json']],
        body: Buffer.from(JSON.stringify(body)),
      },
      signal,
    );
    if (outcome.kind !== 'reply') throw new Error(outcome.reason);
    return { status: outcome.status, text: Buffer.from(outcome.body).toString() };
  };

  it('answers an image and refuses what is none', async () => {
    const { images, labels } = JSON.parse(await readFile(path.join(digitsSample, 'held-out.json'), 'utf8'));
    const { status, text } = await score({ image: images[1] });
    expect({ status, text }).toMatchObject({ status: 200 });
    expect(JSON.parse(text).digit).toBe(labels[1]);
    expect(await score({})).toEqual({
      status: 400,
      text: '{"error": "the request must be a JSON object with the key \\"image\\""}',
    });
  });
});

function inherited(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
