import { mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RepositorySnapshot, scanRepository, snapshotOnnxFile } from '../../../src/repository/index.ts';
import { createRepository, type TestRepository } from './model-folder.ts';

let repository: TestRepository;
beforeEach(async () => {
  repository = await createRepository({
    'm/config.pbtxt': 'max_batch_size: 4',
    'm/1/model.onnx': 'weights',
    'm/2/': '',
    'n/1/model.py': 'pass',
  });
});
afterEach(() => repository[Symbol.asyncDispose]());

const scan = (previous?: RepositorySnapshot) => scanRepository(repository.directory, previous);
const fingerprint = async (model: string, previous?: RepositorySnapshot) =>
  (await scan(previous)).models.get(model)?.fingerprint;

describe('a scan', () => {
  it('knows every model by the content of its files and by its folders', async () => {
    const { models } = await scan();
    expect([...models.keys()]).toEqual(['m', 'n']);
    expect(models.get('m')).toMatchObject({
      directory: path.join(repository.directory, 'm'),
      directories: ['1', '2'],
      files: [
        { path: '1/model.onnx', bytes: 7, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
        { path: 'config.pbtxt', bytes: 17 },
      ],
    });
  });

  it('sees an edit of the same size in the same moment, with and without a scan before', async () => {
    const before = await scan();
    await repository.write({ 'm/config.pbtxt': 'max_batch_size: 8' });
    const after = await scan(before);
    expect(after.models.get('m')?.fingerprint).not.toBe(before.models.get('m')?.fingerprint);
    expect(after.models.get('n')?.fingerprint).toBe(before.models.get('n')?.fingerprint);
    expect(await fingerprint('m')).toBe(after.models.get('m')?.fingerprint);
  });

  it('sees an edit that hides behind the old times', async () => {
    const file = path.join(repository.directory, 'm', 'config.pbtxt');
    const old = new Date('2020-01-01');
    await utimes(file, old, old);
    const before = await scan();
    await repository.write({ 'm/config.pbtxt': 'max_batch_size: 8' });
    await utimes(file, old, old);
    expect(await fingerprint('m', before)).not.toBe(before.models.get('m')?.fingerprint);
  });

  it('takes a touch, a rewrite and a move to and fro for no change', async () => {
    const before = await scan();
    const file = path.join(repository.directory, 'm', '1', 'model.onnx');
    await utimes(file, new Date(), new Date());
    await rename(file, `${file}.old`);
    await rename(`${file}.old`, file);
    await repository.write({ 'm/config.pbtxt': 'max_batch_size: 4' });
    expect(await fingerprint('m', before)).toBe(before.models.get('m')?.fingerprint);
  });

  it('sees a file renamed, a version added or removed, and a model gone', async () => {
    const seen = new Set([await fingerprint('m')]);
    const step = async (change: Promise<unknown>) => {
      await change;
      seen.add(await fingerprint('m'));
    };
    const at = (...parts: string[]) => path.join(repository.directory, ...parts);
    await step(rename(at('m', '1', 'model.onnx'), at('m', '1', 'other.onnx')));
    await step(mkdir(at('m', '3')));
    await step(rm(at('m', '2'), { recursive: true }));
    await step(rm(at('m'), { recursive: true }));
    expect(seen.size).toBe(5);
    expect(seen.has(undefined)).toBe(true);
  });

  it.each([
    '.DS_Store',
    '1/.model.onnx.Xy12Ab',
    '1/__pycache__/model.cpython-311.pyc',
    'config.pbtxt~',
    '.config.pbtxt.swp',
    '4913',
    '#config.pbtxt#',
    '1/model.onnx.crdownload',
    'config.pbtxt___jb_tmp___',
    '.ipynb_checkpoints/x.py',
  ])('leaves out %s', async (file) => {
    const before = await fingerprint('m');
    await repository.write({ [`m/${file}`]: 'x' });
    expect(await fingerprint('m')).toBe(before);
  });

  it.each(['__pycache__', '.ipynb_checkpoints', '.git', 'lost+found'])(
    'takes %s for no model',
    async (folder) => {
      await repository.write({ [`${folder}/x`]: 'x' });
      expect([...(await scanRepository(repository.directory)).models.keys()]).not.toContain(folder);
    },
  );

  it('follows links, and is not caught in a circle', async () => {
    const target = path.join(repository.directory, '..', 'elsewhere');
    await mkdir(path.join(target, '1'), { recursive: true });
    await writeFile(path.join(target, '1', 'model.onnx'), 'linked');
    try {
      await symlink(target, path.join(repository.directory, 'linked'), 'junction');
      await symlink(target, path.join(target, 'again'), 'junction');
    } catch {
      return; // no right to make links here
    }
    const model = (await scan()).models.get('linked');
    expect(model?.files.find((file) => file.path === '1/model.onnx')?.bytes).toBe(6);
  });

  it('never fails or gives wrong results while files come and go', async () => {
    let goesOn = true;
    const churn = (async () => {
      for (let round = 0; goesOn; round++) {
        await repository.write({ [`m/1/part${round % 7}`]: 'x'.repeat(round % 1_000) });
        await rm(path.join(repository.directory, 'm', '1', `part${(round + 3) % 7}`), { force: true });
        await repository.write({ 'tmp/1/': '' });
        await rm(path.join(repository.directory, 'tmp'), { recursive: true, force: true });
      }
    })();
    let snapshot: RepositorySnapshot | undefined;
    for (let round = 0; round < 40; round++) snapshot = await scan(snapshot);
    goesOn = false;
    await churn;
    const last = await scan(snapshot);
    expect(last.models.get('m')?.fingerprint).toBe(await fingerprint('m'));
  });

  it('of no folder says so', async () => {
    await expect(scanRepository(path.join(repository.directory, 'gone'))).rejects.toMatchObject({
      code: 'REPOSITORY_UNREADABLE',
    });
  });
});

describe('a single ONNX file', () => {
  it('is a model of one version, with the data beside it', async () => {
    await repository.write({ 'net.onnx': 'graph', 'net.onnx.data': 'weights', 'other.data': 'x' });
    const model = await snapshotOnnxFile(path.join(repository.directory, 'net.onnx'), 'net');
    expect(model).toMatchObject({ name: 'net', directories: ['1'] });
    expect(model.files.map((file) => file.path)).toEqual(['1/model.onnx', '1/net.onnx.data']);
  });

  it('that is not there says so', async () => {
    await expect(snapshotOnnxFile(path.join(repository.directory, 'no.onnx'), 'no')).rejects.toMatchObject({
      code: 'REPOSITORY_UNREADABLE',
    });
  });
});
