import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openProject, sleep } from './project.ts';

it('costs little while 10,000 files rest, and still sees a save', async () => {
  await using project = await openProject(undefined, async (at) => {
    for (let folder = 0; folder < 100; folder += 1) {
      mkdirSync(at(`lib/part${folder}`), { recursive: true });
      for (let file = 0; file < 99; file += 1) writeFileSync(at(`lib/part${folder}/m${file}.py`), `${file}`);
    }
  });
  await sleep(4_000);
  const before = process.cpuUsage();
  const begun = performance.now();
  await sleep(12_000);
  const { user, system } = process.cpuUsage(before);
  const share = (user + system) / 1_000 / (performance.now() - begun);
  const completed = project.next('reload.completed');
  const savedAt = performance.now();
  writeFileSync(project.at('score.py'), 'VERSION = 2\n');
  await completed;
  const noticed = (project.calls[0]?.at ?? Number.NaN) - savedAt;
  process.stderr.write(
    `10,000 files: idle ${(share * 100).toFixed(2)} %, noticed in ${noticed.toFixed(0)} ms\n`,
  );
  expect(share).toBeLessThan(0.05);
  expect(project.completed()).toHaveLength(1);
});
