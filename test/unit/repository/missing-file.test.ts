import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { explainMissingFile } from '../../../src/repository/index.ts';
import { TempFolder } from '../../helpers/temp-project.ts';

describe('what to do about a model without a configuration whose file Triton does not find', () => {
  let folder: TempFolder;
  beforeEach(async () => {
    folder = await TempFolder.create();
  });
  afterEach(() => folder[Symbol.asyncDispose]());

  it.each([
    [['m/1/yolov8n.onnx'], 'rename m/1/yolov8n.onnx to model.onnx, or write its backend'],
    [['m/yolov8n.onnx'], 'move m/yolov8n.onnx to m/1/model.onnx'],
    [['m/weights/net.pt'], 'move m/weights/net.pt to m/1/model.pt'],
    [['m/notes.md'], 'or move m out of the model repository if it is not a model'],
    [['m/1/a.onnx', 'm/1/b.onnx'], 'put the model file, such as model.onnx or model.py, into m/1'],
  ])('%j', async (files, expected) => {
    for (const file of files) {
      mkdirSync(path.dirname(folder.path(file)), { recursive: true });
      writeFileSync(folder.path(file), 'x');
    }
    expect(await explainMissingFile(folder.directory, 'm')).toContain(expected);
  });
});
