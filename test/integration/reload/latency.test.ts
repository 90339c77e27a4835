import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openProject, sleep } from './project.ts';

it('calls the target within 25 ms of a save, mostly', async () => {
  await using project = await openProject();
  await sleep(1_000);
  const latencies: number[] = [];
  const completions: number[] = [];
  for (let edit = 0; edit < 30; edit += 1) {
    const completed = project.next('reload.completed');
    const savedAt = performance.now();
    writeFileSync(project.at('score.py'), `VERSION = ${edit + 2}\n`);
    await completed;
    completions.push(performance.now() - savedAt);
    latencies.push((project.calls.at(-1)?.at ?? Number.NaN) - savedAt);
    await sleep(40 + edit * 5);
  }
  const [p50, p95] = percentiles(latencies);
  process.stderr.write(`write() to apply(): p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms\n`);
  const [all50, all95] = percentiles(completions);
  process.stderr.write(`write() to completed: p50 ${all50.toFixed(1)} ms, p95 ${all95.toFixed(1)} ms\n`);
  expect(project.completed()).toHaveLength(30);
  expect(p50).toBeLessThan(25);
});

function percentiles(values: readonly number[]): [p50: number, p95: number] {
  const sorted = [...values].sort((one, other) => one - other);
  return [sorted[15] ?? Number.NaN, sorted[28] ?? Number.NaN];
}
