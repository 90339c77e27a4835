import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventBus } from '../../../src/events/index.ts';
import { type InferenceServer, startInferenceServer } from '../../../src/inference/index.ts';
import { modelPython, peerPython } from '../../helpers/python.ts';
import { TempFolder } from '../../helpers/temp-project.ts';
import { exchange } from './fidelity/exchange.ts';
import { REFUSED, REFUSED_FILES } from './fidelity/repositories/measured-models.ts';
import { infer, writeModelFiles } from './fidelity/shared-repository.ts';

describe.skipIf(!peerPython)('metrics that a Python model must not make', () => {
  let folder: TempFolder;
  let server: InferenceServer;

  beforeAll(async () => {
    folder = await TempFolder.create('tl-refused-metrics-');
    writeModelFiles(folder.path('models'), REFUSED_FILES);
    server = await startInferenceServer(
      {
        repository: folder.path('models'),
        host: '127.0.0.1',
        httpPort: 0,
        modelControlMode: 'none',
        runtimePaths: [],
        python: modelPython,
        events: new EventBus(),
      },
      new AbortController().signal,
    );
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  it.each(Object.entries(REFUSED))('%s: is refused in the words of Triton', async (name, [, text]) => {
    const body = { inputs: [{ name: 'X', shape: [1, 1], datatype: 'FP32', data: [1] }] };
    const answer = await exchange(Number(new URL(server.httpUrl).port), infer(name, body));
    expect(JSON.parse(answer.body.toString())).toEqual({ error: `TritonModelException: ${text}` });
  });
});
