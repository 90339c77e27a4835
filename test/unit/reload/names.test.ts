import { expect, it } from 'vitest';
import { isSourceName, isWeights } from '../../../src/reload/file-kind.ts';
import { isIgnoredName } from '../../../src/reload/ignore-rules.ts';

it('ignores what editors, copiers and Python leave behind', () => {
  const names =
    '.git __pycache__ node_modules .venv venv .ipynb_checkpoints 4913 score.py~ .#score.py #score.py# .score.py.swp ' +
    '.score.py.swx score.py.tmp model.onnx.part score.py___jb_tmp___ .score.py.Xy12Zw score.pyc run.log .DS_Store';
  expect(names.split(' ').filter((name) => !isIgnoredName(name))).toEqual([]);
});

it('follows what code reads, dotfiles too', () => {
  const names =
    'score.py config.json .env .env.docker .env.Prod1x settings.yaml environment.yml requirements.txt model.pkl ' +
    'labels.txt config.pbtxt data.csv weights.npz';
  expect(names.split(' ').filter((name) => isIgnoredName(name) || !isSourceName(name))).toEqual([]);
});

it('awaits weights and unknown kinds, not text', () => {
  expect(['model.onnx', 'model.plan', 'a.bin', 'weights'].every(isWeights)).toBe(true);
  expect(['score.py', 'config.pbtxt', '.env', 'labels.txt'].some(isWeights)).toBe(false);
});
