import { describe, expect, it } from 'vitest';
import { type ProjectSnapshot, planReload } from '../../../src/reload/plan.ts';
import type { ModelSnapshot } from '../../../src/repository/index.ts';
import { config } from './fakes.ts';

function model(name: string, files: Record<string, string>, directories: string[] = []): ModelSnapshot {
  return {
    name,
    directory: `/p/models/${name}`,
    files: Object.entries(files).map(([path, sha256]) => ({ path, bytes: 1, sha256 })),
    directories,
    fingerprint: JSON.stringify([files, directories]),
  };
}

function snapshot(models: ModelSnapshot[], sources: Record<string, string> = {}): ProjectSnapshot {
  return {
    repository: { directory: '/p/models', models: new Map(models.map((one) => [one.name, one])) },
    sources: new Map(Object.entries(sources)),
  };
}

const reasonFor = (before: ModelSnapshot, after: ModelSnapshot) =>
  planReload(snapshot([before]), snapshot([after]), config.script).actions.map(({ reason }) => reason);

describe('plan', () => {
  const digits = model('digits', { 'config.pbtxt': 'c', '1/model.onnx': 'w' }, ['1']);

  it('has nothing to do for equal contents', () => {
    const one = snapshot([digits], { '/p/score.py': 's' });
    expect(planReload(one, structuredClone(one), config.script)).toEqual({ actions: [], causes: [] });
  });

  it('says in words why a model is loaded', () => {
    const changed = (files: Record<string, string>, directories = ['1']) =>
      reasonFor(digits, model('digits', files, directories));
    expect(changed({ 'config.pbtxt': 'c', '1/model.onnx': 'x' })).toEqual(['model.onnx changed']);
    expect(changed({ 'config.pbtxt': 'c', '1/model.onnx': 'w', 'labels.txt': 'l' })).toEqual([
      'labels.txt added',
    ]);
    expect(changed({ '1/model.onnx': 'w' })).toEqual(['config.pbtxt removed']);
    expect(changed({ 'config.pbtxt': 'c', '1/model.onnx': 'w', '2/model.onnx': 'x' }, ['1', '2'])).toEqual([
      'version 2 added',
    ]);
    expect(changed({ 'config.pbtxt': 'd', '3/model.onnx': 'w' }, ['3'])).toEqual([
      'version 3 added, version 1 removed, config.pbtxt changed',
    ]);
    expect(changed({ 'config.pbtxt': 'c', '1/model.onnx': 'w' }, ['1', '2'])).toEqual(['version 2 added']);
  });

  it('names the version of a file if a model has several', () => {
    const two = (hash: string) => model('digits', { '1/model.onnx': 'w', '2/model.onnx': hash }, ['1', '2']);
    expect(reasonFor(two('a'), two('b'))).toEqual(['2/model.onnx changed']);
  });

  it('loads before it swaps the workers, and unloads last', () => {
    const before = snapshot([digits, model('old', { '1/model.onnx': 'o' })], { '/p/score.py': 's' });
    const after = snapshot([digits, model('new', { '1/model.onnx': 'n' })], { '/p/score.py': 't' });
    expect(planReload(before, after, config.script)).toEqual({
      actions: [
        { kind: 'load-model', target: 'new', reason: 'model added' },
        { kind: 'swap-workers', target: '/p/score.py', reason: 'score.py changed' },
        { kind: 'unload-model', target: 'old', reason: 'model removed' },
      ],
      causes: ['/p/models/new/1/model.onnx', '/p/score.py', '/p/models/old'],
    });
  });

  it('does not touch the workers without a script', () => {
    const plan = planReload(snapshot([], { '/p/a.py': '1' }), snapshot([], { '/p/a.py': '2' }), undefined);
    expect(plan).toEqual({ actions: [], causes: [] });
  });

  it('adds what is forced though its content is the same, once', () => {
    const one = snapshot([digits], { '/p/score.py': 's' });
    const forced = new Set(['model digits', 'workers', 'model gone']);
    expect(planReload(one, one, config.script, forced).actions).toEqual([
      { kind: 'load-model', target: 'digits', reason: 'reloaded by hand' },
      { kind: 'swap-workers', target: '/p/score.py', reason: 'reloaded by hand' },
    ]);
  });
});
