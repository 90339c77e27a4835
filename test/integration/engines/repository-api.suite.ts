// Clients load, unload and list while the user's folder changes: the answers are of what the folder holds at that
// moment, whether our own reload has seen it or not.
import { once } from 'node:events';
import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import http2 from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { resolveProject } from '../../../src/config/index.ts';
import { createEmulator, type Emulator, type RunningEmulator } from '../../../src/emulator/index.ts';
import type { EmulatorEvent } from '../../../src/events/index.ts';
import { onnxAddModel } from '../../helpers/onnx-model.ts';
import { repositoryRoot, TempFolder } from '../../helpers/temp-project.ts';

const REQUEST = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [4], data: [0, 0, 0, 0] }] });

const PATIENCE = { timeout: 30_000 };

/** Calls a method whose message has a model's name as field 2. */
async function callGrpc(client: http2.ClientHttp2Session, method: string, model: string) {
  const name = model === '' ? [] : [0x12, model.length, ...Buffer.from(model)];
  const stream = client.request({
    ':method': 'POST',
    ':path': `/inference.GRPCInferenceService/${method}`,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const fields: http2.IncomingHttpHeaders = {};
  const chunks: Buffer[] = [];
  for (const event of ['response', 'trailers'] as const)
    stream.on(event, (given: http2.IncomingHttpHeaders) => Object.assign(fields, given));
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.end(Buffer.from([0, 0, 0, 0, name.length, ...name]));
  await once(stream, 'close');
  return { status: fields['grpc-status'], message: fields['grpc-message'], body: Buffer.concat(chunks) };
}

export function describeRepositoryApi(name: string, flags: Readonly<Record<string, string>>): void {
  describe(`the repository API of the ${name} engine`, () => {
    let folder: TempFolder;
    let emulator: Emulator;
    let running: RunningEmulator;
    const events: EmulatorEvent[] = [];

    const at = (file: string) => folder.path('project/models/triton', file);
    const writeModel = async (model: string, addend: number) => {
      await mkdir(at(`${model}/1`), { recursive: true });
      await writeFile(at(`${model}/1/model.onnx`), onnxAddModel(addend));
    };
    const post = async (target: string, body = '') => {
      const answer = await fetch(running.httpUrl + target, { method: 'POST', body });
      const text = await answer.text();
      return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
    };
    const load = (model: string, body?: string) => post(`/v2/repository/models/${model}/load`, body);
    const unload = (model: string) => post(`/v2/repository/models/${model}/unload`);
    const index = async () => (await post('/v2/repository/index')).body as { name: string; state?: string }[];
    /** What the model adds; the status if it does not answer. */
    const ask = async (model: string) => {
      const { status, body } = await post(`/v2/models/${model}/infer`, REQUEST);
      return status === 200 ? body.outputs[0].data[0] : status;
    };
    const start = async (watch: boolean, mode = 'explicit') => {
      folder = await TempFolder.create('triton-local-api-');
      events.length = 0;
      await writeModel('m', 1);
      const config = await resolveProject({
        directory: folder.path('project'),
        flags: {
          ...flags,
          port: '0',
          httpPort: '0',
          grpcPort: '0',
          metricsPort: '0',
          modelControlMode: mode,
          ...(watch ? {} : { watch: 'false' }),
        },
        variables: { ...process.env, TRITON_LOCAL_HOME: folder.path('home') },
      });
      emulator = createEmulator({ config, runtimePaths: [repositoryRoot] });
      emulator.control.subscribe((event) => events.push(event));
      running = await emulator.start(new AbortController().signal);
    };
    const reloaded = (after: number) =>
      expect
        .poll(() => events.slice(after).some(({ type }) => type === 'reload.completed'), PATIENCE)
        .toBe(true);

    afterEach(async () => {
      await emulator.end('test', 0);
      await folder[Symbol.asyncDispose]();
    });

    it.each([true, false])('a load takes what was just saved (watching: %s)', async (watch) => {
      await start(watch);
      expect(await ask('m')).toBe(1);
      for (const addend of [2, 3, 4]) {
        await writeModel('m', addend);
        expect((await load('m')).status).toBe(200);
        expect(await ask('m')).toBe(addend);
      }
      await writeModel('new', 7);
      expect(await load('new')).toEqual({ status: 200, body: undefined });
      expect(await ask('new')).toBe(7);
      expect((await load('nothing')).body.error).toBe(
        "failed to load 'nothing', failed to poll from model repository",
      );
    });

    // The embedded engine has its own tests of gRPC.
    if (name !== 'embedded')
      it('a load over gRPC takes what was just saved, and an index lists it', async () => {
        await start(false);
        const text = events.map((event) => (event.type === 'log.line' ? event.text : '')).join('\n');
        const client = http2.connect(`http://${/Triton gRPC at (\S+)/.exec(text)?.[1]}`);
        try {
          for (const addend of [2, 3]) {
            await writeModel('m', addend);
            expect((await callGrpc(client, 'RepositoryModelLoad', 'm')).status).toBe('0');
            expect(await ask('m')).toBe(addend);
          }
          await writeModel('new', 7);
          expect((await callGrpc(client, 'RepositoryIndex', '')).body.toString('latin1')).toContain('new');
          expect((await callGrpc(client, 'RepositoryModelLoad', 'new')).status).toBe('0');
          expect(await ask('new')).toBe(7);
          expect((await callGrpc(client, 'RepositoryModelUnload', 'new')).status).toBe('0');
          await expect.poll(() => ask('new'), PATIENCE).not.toBe(7);
          expect(await callGrpc(client, 'RepositoryModelLoad', 'nothing')).toMatchObject({
            status: '13',
            message: "failed to load 'nothing', failed to poll from model repository",
          });
        } finally {
          client.destroy();
        }
      });

    it('a manual reload without watching continues from what clients loaded', async () => {
      await start(false);
      await writeModel('m', 2);
      await load('m');
      await writeModel('m', 1);
      await emulator.control.reload();
      expect(await ask('m')).toBe(1);
    });

    it('a file that is being copied is awaited', async () => {
      await start(true);
      const model = onnxAddModel(5);
      const file = await open(at('m/1/model.onnx'), 'w');
      const pieces = 8;
      const size = Math.ceil(model.length / pieces);
      await file.write(model.subarray(0, size));
      const loading = load('m');
      for (let piece = 1; piece < pieces; piece += 1) {
        await sleep(60);
        await file.write(model.subarray(piece * size, (piece + 1) * size));
      }
      await file.close();
      expect((await loading).status).toBe(200);
      expect(await ask('m')).toBe(5);
    });

    it('a broken save fails the load of a client, and what served serves on', async () => {
      await start(false);
      await writeFile(at('m/1/model.onnx'), 'no model');
      for (let round = 0; round < 2; round += 1) {
        const { status, body } = await load('m');
        expect(status).toBe(400);
        expect(body.error).toContain("load failed for model 'm'");
        expect(await ask('m')).toBe(1);
      }
      await writeModel('m', 6);
      expect((await load('m')).status).toBe(200);
      expect(await ask('m')).toBe(6);
    });

    // Behind a translation to Python models, a client's configuration is of another backend.
    if (name === 'embedded')
      it('a load with a configuration takes the files that were just saved', async () => {
        await start(false);
        await writeModel('m', 8);
        const config = JSON.stringify({ name: 'm', backend: 'onnxruntime' });
        expect((await load('m', JSON.stringify({ parameters: { config } }))).status).toBe(200);
        expect(await ask('m')).toBe(8);
      });

    it('what a client unloads stays unloaded, whatever is saved, until a client loads it', async () => {
      await start(true);
      await writeModel('other', 1);
      await load('other');
      await unload('m');
      const before = events.length;
      await writeModel('m', 9);
      await writeModel('other', 2);
      await reloaded(before);
      await expect.poll(() => ask('other'), PATIENCE).toBe(2);
      expect(await ask('m')).not.toBe(9);
      expect((await fetch(`${running.httpUrl}/v2/models/m/ready`)).status).toBe(400);
      await load('m');
      expect(await ask('m')).toBe(9);
      const later = events.length;
      await writeModel('m', 10);
      await reloaded(later);
      await expect.poll(() => ask('m'), PATIENCE).toBe(10);
    });

    it.each(['explicit', 'none'])('the index is of the folders that are there now (%s)', async (mode) => {
      await start(false, mode);
      await writeModel('new', 1);
      expect((await index()).map(({ name }) => name)).toEqual(['m', 'new']);
      await rm(at('m'), { recursive: true });
      expect((await index()).map(({ name }) => name)).toEqual(['new']);
    });

    it('loads of clients and reloads at the same time end in what was saved last', async () => {
      await start(true);
      let addend = 1;
      for (let round = 0; round < 6; round += 1) {
        addend += 1;
        await writeModel('m', addend);
        await sleep(40 * round);
        const answers = await Promise.all([load('m'), load('m'), emulator.control.reload()]);
        expect(answers.slice(0, 2).map((answer) => answer?.status)).toEqual([200, 200]);
        expect(await ask('m')).toBe(addend);
      }
    });
  });
}
