import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realTriton, skipLoudly } from '../../../helpers/triton.ts';
import { get } from './cases/case.ts';
import { type ComparableAnswer, comparable } from './comparison.ts';
import { exchange } from './exchange.ts';
import { type Pair, type Side, startPair } from './pair.ts';
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
    const [real, ours] = await Promise.all([play(pair.real, asked), play(pair.ours, asked)]);
    expect(ours.answers).toEqual(real.answers);
    expect(contradictions(real.answeredAt, ours.answeredAt)).toEqual([]);
    if (!BATCHED_OTHERWISE.cases.includes(asked.name)) {
      expect(ours.statistics).toBe(real.statistics);
      return;
    }
    expect(ours.statistics).not.toBe(real.statistics);
    expect(withoutExecutions(ours.statistics)).toBe(withoutExecutions(real.statistics));
  });
});

interface Played {
  readonly answers: readonly ComparableAnswer[];
  /** Milliseconds from the start, by request. */
  readonly answeredAt: readonly number[];
  /** The model's entry of the statistics, without times. */
  readonly statistics: string;
}

async function play({ port }: Side, { name, requests }: SchedulingCase): Promise<Played> {
  const start = performance.now();
  const played = await Promise.all(
    requests.map(async ({ at, request }) => {
      await sleep(at);
      const answer = comparable(await exchange(port, request));
      return { answer: withoutModelsWords(answer), answeredAt: performance.now() - start };
    }),
  );
  const answers = played.map(({ answer }) => answer);
  const { body } = comparable(await exchange(port, get(`/v2/models/${name}/stats`)));
  const statistics = answers.some(({ status }) => status === 500) ? withoutExecutions(body) : body;
  return { answers, answeredAt: played.map(({ answeredAt }) => answeredAt), statistics };
}

/** What a failing model says is its own. */
function withoutModelsWords(answer: ComparableAnswer): ComparableAnswer {
  return answer.status === 500 ? { status: 500, headers: {}, body: '' } : answer;
}

/**
 * How often the model ran is left out, too, where it fails: Triton's Python backend counts executions that fail, which
 * its ONNX Runtime backend, as ours, does not.
 */
function withoutExecutions(statistics: string): string {
  return statistics.replace(/"execution_count":\d+/, '').replace(/"batch_stats":.*/, '');
}

/** Answers that come closer together than this, in milliseconds, have come in no order. */
const TOGETHER_MS = 15;

/** The pairs of requests that are clearly answered in one order by one side and in the other by the other. */
function contradictions(real: readonly number[], ours: readonly number[]): (readonly [number, number])[] {
  const isBefore = (times: readonly number[], a: number, b: number) =>
    (times[b] ?? 0) - (times[a] ?? 0) > TOGETHER_MS;
  const found: (readonly [number, number])[] = [];
  for (const a of real.keys())
    for (const b of ours.keys()) if (isBefore(real, a, b) && isBefore(ours, b, a)) found.push([a, b]);
  return found;
}
