import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openProject, sleep } from './project.ts';

it('calls the target within 25 ms of a save, mostly', async () => {
  await using project = await openProject();
  await sleep(1_000);
  const latencies: number[] = [];
  for (let edit = 0; edit < 30; edit += 1) {
    const completed = project.next('reload.completed');
    const savedAt = performance.now();
    writeFileSync(project.at('score.py'), `VERSION = ${edit + 2}\n`);
    await completed;
    latencies.push((project.calls.at(-1)?.at ?? Number.NaN) - savedAt);
    await sleep(40 + edit * 5);
  }
  latencies.sort((one, other) => one - other);
  const [p50 = Number.NaN, p95 = Number.NaN] = [latencies[15], latencies[28]];
  process.stderr.write(`write() to apply(): p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms\n`);
  expect(project.completed()).toHaveLength(30);
  expect(p50).toBeLessThan(25);
});
