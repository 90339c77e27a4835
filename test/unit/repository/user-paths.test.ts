import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { userError } from '../../../src/base/index.ts';
import { type ModelSnapshot, UserPaths } from '../../../src/repository/index.ts';

const staged = path.resolve('/state/instances/1/repository');
const model = (name: string, directory: string, files: ModelSnapshot['files'] = []): ModelSnapshot => ({
  name,
  directory,
  files,
  fingerprint: '',
});
const repository = {
  directory: path.resolve('/p/models'),
  models: new Map([['m', model('m', path.resolve('/p/models/m'))]]),
};

describe('paths of the staged repository', () => {
  const paths = new UserPaths(staged, repository, path.resolve('/p'));

  it.each([
    [`failed to stat ${staged}/m/1/model.onnx`, `failed to stat ${repository.directory}/m/1/model.onnx`],
    [`'${staged}': no`, `'${repository.directory}': no`],
    [`in ${staged}.`, `in ${repository.directory}.`],
    [`${staged}//m and ${staged}\\m`, `${repository.directory}//m and ${repository.directory}\\m`],
    [`${staged}-other/m`, `${staged}-other/m`],
    [`${staged}2`, `${staged}2`],
    ['costs $& and $1', 'costs $& and $1'],
  ])('%s', (text, expected) => {
    expect(paths.text(text)).toBe(expected);
  });

  it('are the user’s in every part of an error', () => {
    const error = paths.error(
      userError('MODEL_LOAD_FAILED', `bad ${staged}/m/config.pbtxt`, {
        hint: `mend ${staged}/m/config.pbtxt`,
        location: { file: `${staged}/m/config.pbtxt`, line: 3, column: 5 },
      }),
    );
    const file = `${repository.directory}/m/config.pbtxt`;
    expect(error).toMatchObject({
      message: `bad ${file}`,
      hint: `mend ${file}`,
      location: { file, line: 3, column: 5 },
    });
  });

  it('of a single .onnx file are that file', () => {
    const files = [{ path: '1/model.onnx', bytes: 1, sha256: '', source: '/w/net.onnx' }];
    const single = { directory: '/w', models: new Map([['net', model('net', '/w', files)]]) };
    const { text } = new UserPaths(staged, single, '/w');
    expect(text(`Load model from ${staged}/net/1/model.onnx failed`)).toBe(
      'Load model from /w/net.onnx failed',
    );
    expect(text(`in ${staged}/net/1, ${staged}/net`)).toBe('in /w, /w');
  });

  it('without models stand for the project', () => {
    expect(new UserPaths(staged, undefined, '/p').text(`no models in ${staged}`)).toBe('no models in /p');
  });
});
