import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { realTriton, skipLoudly } from '../../../helpers/triton.ts';
import { get } from './cases/case.ts';
import { type ComparableAnswer, comparable } from './comparison.ts';
import { exchange } from './exchange.ts';
import { type Pair, type Side, startPair } from './pair.ts';
import { contradictions, play } from './played.ts';
import { BATCHED_OTHERWISE, SCHEDULING_CASES, type SchedulingCase } from './scheduling.ts';
import { sleepingModel, startSleepingServer } from './sleeping-models.ts';

if (!realTriton) skipLoudly('the comparison of scheduling with the real Triton');

describe.skipIf(!realTriton)('what goes through a queue', () => {
  let pair: Pair;

  beforeAll(async () => {
    const models = SCHEDULING_CASES.map(({ name, scheduling }) => sleepingModel(name, scheduling));
    pair = await startPair(realTriton ?? '', models, 'explicit', startSleepingServer);
  });
  afterAll(() => pair?.[Symbol.asyncDispose]());

  it.concurrent.each(SCHEDULING_CASES)('$name: is batched, refused and counted alike', async (asked) => {
    const [real, ours] = await Promise.all(
      [pair.real, pair.ours].map(({ port }) => play(port, asked.requests)),
    );
    if (!real || !ours) return;
    expect(ours.answers.map(withoutModelsWords)).toEqual(real.answers.map(withoutModelsWords));
    expect(contradictions(real.answeredAt, ours.answeredAt)).toEqual([]);
    const modelFailed = real.answers.some(({ status }) => status === 500);
    const countsRuns = !modelFailed && !BATCHED_OTHERWISE.cases.includes(asked.name);
    // Triton counts a request after it has answered it.
    await vi.waitFor(async () => {
      const [counted, ourCounts] = await Promise.all(
        [pair.real, pair.ours].map((side) => statisticsOf(side, asked, countsRuns)),
      );
      expect(ourCounts).toBe(counted);
    }, 2_000);
  });
});

/**
 * The model's statistics without times. How often it ran is left out where it fails: Triton's Python backend counts
 * executions that fail, which its ONNX Runtime backend, as ours, does not.
 */
async function statisticsOf({ port }: Side, { name }: SchedulingCase, countsRuns: boolean): Promise<string> {
  const { body } = comparable(await exchange(port, get(`/v2/models/${name}/stats`)));
  return countsRuns ? body : body.replace(/"execution_count":\d+/, '').replace(/"batch_stats":.*/, '');
}

/** What a failing model says is its own. */
function withoutModelsWords(answer: ComparableAnswer): ComparableAnswer {
  return answer.status === 500 ? { status: 500, headers: {}, body: '' } : answer;
}
