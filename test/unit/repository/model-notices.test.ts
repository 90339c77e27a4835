import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findModelNotices, scanRepository } from '../../../src/repository/index.ts';
import { onnxModel } from '../../helpers/onnx-writer.ts';
import { createRepository, type TestRepository } from './model-folder.ts';

const model = (irVersion: number, opset: number) =>
  onnxModel({
    nodes: [{ operator: 'Identity', inputs: ['X'], outputs: ['Y'] }],
    inputs: [{ name: 'X', datatype: 'FP32', shape: [1] }],
    outputs: [{ name: 'Y', datatype: 'FP32', shape: [1] }],
    irVersion,
    opset,
  }).toString('latin1');

const ONNX = 'backend: "onnxruntime"\n';

describe('what is worth a notice in a model folder', () => {
  let repository: TestRepository;
  beforeEach(async () => {
    repository = await createRepository();
  });
  afterEach(() => repository[Symbol.asyncDispose]());

  const notices = async (files: Readonly<Record<string, string>>, options = {}) => {
    await repository.write(Object.fromEntries(Object.entries(files).map(([name, it]) => [`m/${name}`, it])));
    const snapshot = (await scanRepository(repository.directory)).models.get('m');
    if (!snapshot) throw new Error('the model was not found');
    const found = await findModelNotices(snapshot, options);
    const short = (text: string) => text.replaceAll(path.join(repository.directory, 'm'), 'm');
    return found.map(({ message, hint }) => `${short(message)} | ${short(hint)}`);
  };

  it('is nothing in a sound one', async () => {
    expect(
      await notices({
        'config.pbtxt': ONNX,
        '1/model.onnx': model(10, 21),
        '1/model.onnx.data': '',
        'labels.txt': 'a',
      }),
    ).toEqual([]);
  });

  it.each([
    ['v1', 'fails to convert to integral number'],
    ['backup', 'fails to convert to integral number'],
    ['03', 'contains leading zeros'],
    ['99999999999999999999', 'is too large for a version'],
  ])('is the folder %s, which is not a version', async (folder, reason) => {
    const found = await notices({ '1/model.onnx': model(8, 17), [`${folder}/`]: '' });
    expect(found).toEqual([expect.stringContaining(`m/${folder} is not a version, since it ${reason}`)]);
    expect(found[0]).toContain('such as m/1');
  });

  it('is a folder that counts as another version than its name says', async () => {
    const found = await notices({ '1/model.onnx': model(8, 17), '2_old/model.onnx': model(8, 17) });
    expect(found).toEqual([
      'm/2_old is version 2 for Triton, which then looks in m/2 | ' +
        "rename it to 2, or move it out of the model's folder",
    ]);
  });

  it.each(['warmup', 'initial_state', 'configs'])('is not the folder %s', async (folder) => {
    expect(await notices({ '1/model.onnx': model(8, 17), [`${folder}/`]: '' })).toEqual([]);
  });

  it('is a configuration in the folder of a version', async () => {
    const found = await notices({ '1/model.onnx': model(8, 17), '1/config.pbtxt': ONNX });
    expect(found).toEqual([
      expect.stringMatching(/^m\/1\/config\.pbtxt is not read.*move it to m\/config\.pbtxt$/),
    ]);
  });

  it('is a model beside the versions', async () => {
    const found = await notices({ 'config.pbtxt': ONNX, 'model.onnx': model(8, 17) });
    expect(found).toEqual([expect.stringMatching(/move it to m\/1\/model\.onnx$/)]);
  });

  it('is a model under another name', async () => {
    const found = await notices({ 'config.pbtxt': ONNX, '1/yolo_best.onnx': model(8, 17) });
    expect(found).toEqual([
      'm/1/yolo_best.onnx is not read: Triton looks for model.onnx | rename it to model.onnx, or write ' +
        'default_model_filename: "yolo_best.onnx" in config.pbtxt',
    ]);
  });

  it.each([
    ['model.pt', 'PyTorch'],
    ['saved_model.pb', 'TensorFlow'],
    ['model.plan', 'TensorRT'],
  ])('is %s in an ONNX model', async (file, framework) => {
    const found = await notices({ 'config.pbtxt': ONNX, [`1/${file}`]: 'weights' });
    expect(found).toEqual([expect.stringContaining(`m/1/${file} belongs to ${framework}`)]);
  });

  it.each([
    [
      'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n',
      'a Git LFS pointer',
      'git lfs pull',
    ],
    ['', 'an empty file', 'again'],
    ['<!DOCTYPE html>', 'a web page', 'download'],
    ['PK\u0003\u0004', 'a zip archive', 'torch.onnx.export'],
  ])('is a file that is no model: %j', async (content, what, remedy) => {
    const found = await notices({ '1/model.onnx': content });
    expect(found).toEqual([expect.stringContaining(`m/1/model.onnx is ${what}`)]);
    expect(found[0]).toContain(remedy);
  });

  it.each([
    [11, 21, ['IR version 11 (up to 10 loads)'], '25.09'],
    [10, 22, ['opset 22 (up to 21 loads)'], '25.03'],
    [13, 25, ['IR version 13', 'opset 25'], '26.02'],
  ])('is a model newer than the release: IR %i, opset %i', async (ir, opset, excess, release) => {
    const [found = ''] = await notices({ '1/model.onnx': model(ir, opset) });
    for (const part of excess) expect(found).toContain(part);
    expect(found).toContain('Triton 24.10 refuses it, since it has ONNX Runtime 1.19.2');
    expect(found).toContain(
      `export it with opset 21 or lower and IR version 10 or lower, or deploy Triton ${release}`,
    );
  });

  it('is compared with the given release', async () => {
    const files = { '1/model.onnx': model(11, 23) };
    expect(await notices(files, { release: '25.09' })).toEqual([]);
    expect(await notices(files, { release: '25.05' })).toHaveLength(1);
  });

  it('is an instance for a GPU that runs on the CPU', async () => {
    const files = {
      'config.pbtxt': `${ONNX}instance_group { kind: KIND_GPU }`,
      '1/model.onnx': model(8, 17),
    };
    expect(await notices(files)).toEqual([]);
    expect(await notices(files, { settings: { gpuModelsOnCpu: true } })).toEqual([
      expect.stringContaining('a difference from the cloud'),
    ]);
  });
});
