import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { repositoryRoot } from '../helpers/temp-project.ts';

const COMPARISON =
  /process\.platform\s*[!=]=|[!=]=\s*process\.platform|switch \(process\.platform|\bos\.platform\(/;

it('a branch for a system takes the platform as a parameter, so that a test can be another system', () => {
  const src = path.join(repositoryRoot, 'src');
  const breaches = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file))
    .flatMap((file) =>
      readFileSync(path.join(src, file), 'utf8')
        .split('\n')
        .flatMap((line, index) => (COMPARISON.test(line) ? [`${file}:${index + 1} ${line.trim()}`] : [])),
    );
  expect(breaches).toEqual([]);
});
