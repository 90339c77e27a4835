import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { checkoutCli, childEnvironment, EmulatorProcess } from '../helpers/emulator-process.ts';
import { peerPython } from '../helpers/python.ts';
import { repositoryRoot, TempFolder } from '../helpers/temp-project.ts';
import { runToEnd } from './digits.ts';

const samples = path.join(repositoryRoot, 'sample-models');

/** Replaces Pillow, which is not installed for the tests: an image is one colour, given by three bytes. */
const PIL_IMAGE = `
import numpy

BILINEAR = 2


class _Picture:
    def __init__(self, colour, size=(1, 1)):
        self.colour, self.size = colour, size

    def convert(self, _mode):
        return self

    def resize(self, size, _method):
        return _Picture(self.colour, size)

    def __array__(self, dtype=None, copy=None):
        return numpy.full((self.size[1], self.size[0], 3), self.colour, numpy.uint8)


def open(file):
    return _Picture(tuple(file.read()))
`;

describe.skipIf(!peerPython)('the samples of Azure ML, with stand-ins for their weights', () => {
  it('bidaf-9 answers the question of the guide', async () => {
    await using folder = await TempFolder.create();
    const run = await runToEnd(
      [...checkoutCli, 'test', path.join(samples, 'bidaf-9'), '--engine', 'embedded'],
      {
        cwd: folder.directory,
        env: childEnvironment(folder.path('home'), folder.directory),
      },
    );
    expect([run.code, run.stdout]).toEqual([0, expect.stringContaining('1 passed, 0 failed')]);
    expect(run.stderr).toContain('start is 7, end is 8');
  });

  it('bidaf-9 and densenet_onnx have the tensors of the real models', async () => {
    await using bidaf = await EmulatorProcess.startReady({
      projectDir: path.join(samples, 'bidaf-9/models/triton'),
    });
    const words = await (await fetch(`${bidaf.urls.http}/v2/models/bidaf-9`)).json();
    const text = (name: string, ...shape: number[]) => ({ name, datatype: 'BYTES', shape });
    expect(words).toMatchObject({
      inputs: [
        text('query_char', -1, 1, 1, 16),
        text('query_word', -1, 1),
        text('context_word', -1, 1),
        text('context_char', -1, 1, 1, 16),
      ],
      outputs: ['start_pos', 'end_pos'].map((name) => ({ name, datatype: 'INT32', shape: [1] })),
    });
    await using densenet = await EmulatorProcess.startReady({
      projectDir: path.join(samples, 'densenet_onnx/models/triton'),
    });
    expect(await (await fetch(`${densenet.urls.http}/v2/models/densenet_onnx`)).json()).toMatchObject({
      platform: 'onnxruntime_onnx',
      inputs: [{ name: 'data_0', datatype: 'FP32', shape: [3, 224, 224] }],
      outputs: [{ name: 'fc6_1', datatype: 'FP32', shape: [1000] }],
    });
  });

  it('densenet_onnx names what a picture shows', async () => {
    await using project = await TempFolder.copyOf(path.join(samples, 'densenet_onnx'));
    await mkdir(project.path('PIL'));
    await writeFile(project.path('PIL/__init__.py'), '');
    await writeFile(project.path('PIL/Image.py'), PIL_IMAGE);
    await using emulator = await EmulatorProcess.startReady({ projectDir: project.directory });
    const ask = (method: string, body?: Uint8Array<ArrayBuffer>) =>
      fetch(emulator.urls.score, {
        method,
        headers: { 'content-type': 'application/octet-stream' },
        ...(body && { body }),
      });
    const answer = await ask('POST', Uint8Array.of(20, 160, 200));
    expect([answer.status, await answer.text()]).toEqual([200, '84 : PEACOCK']);
    const refused = await ask('GET');
    expect([refused.status, await refused.text()]).toEqual([500, 'bad request']);
  });

  it('weights of another content are not put in place', async () => {
    await using folder = await TempFolder.create();
    await writeFile(folder.path('model.tar.gz'), 'not the model');
    const model = path.join(samples, 'bidaf-9/models/triton/bidaf-9/1/model.onnx');
    const before = await readFile(model);
    const args = [path.join(samples, 'fetch.py'), 'bidaf-9', '--from', folder.path('model.tar.gz')];
    await expect(promisify(execFile)(peerPython ?? '', args)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('c74387eec257f2cb37cefc2846e1c4078bfebf06cd6486e9dafe6c9f7cdc1ef3'),
    });
    expect(await readFile(model)).toEqual(before);
  });
});
