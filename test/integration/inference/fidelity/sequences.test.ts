import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { realTriton, skipLoudly } from '../../../helpers/triton.ts';
import { get } from './cases/case.ts';
import type { ComparableAnswer } from './comparison.ts';
import { contradictions, play } from './played.ts';
import { sequenceFiles } from './repositories/sequence-models.ts';
import { SEQUENCE_MODELS, SEQUENCES_BATCHED_OTHERWISE, timed } from './repositories/sequences.ts';
import { askShared, type SharedRepository, startOnSharedRepository } from './shared-repository.ts';

if (!realTriton) skipLoudly('the comparison of sequences with the real Triton');

describe.skipIf(!realTriton)('what goes through a sequence batcher', () => {
  let pair: SharedRepository;

  beforeAll(async () => {
    const files = Object.entries(SEQUENCE_MODELS).map(([name, model]) => sequenceFiles(name, model));
    pair = await startOnSharedRepository(realTriton ?? '', Object.assign({}, ...files), 'explicit');
  });
  afterAll(() => pair?.[Symbol.asyncDispose]());

  it.each(Object.keys(SEQUENCE_MODELS))('%s: is described alike', async (model) => {
    for (const path of ['', '/config']) {
      const [real, ours] = await askShared(pair, get(`/v2/models/${model}${path}`));
      expect(ours).toEqual(real);
    }
  });

  describe.each(Object.entries(SEQUENCE_MODELS))('%s', (name, model) => {
    it.each(Object.entries(model.scripts))('%s', async (script, steps) => {
      const batchesAlike = !SEQUENCES_BATCHED_OTHERWISE.scripts.includes(`${name}: ${script}`);
      const requests = timed(name, model, steps);
      const before = await counts(name);
      const [real, ours] = await Promise.all(
        [pair.realPort, pair.ourPort].map((port) => play(port, requests)),
      );
      if (!real || !ours) return;
      const shown = (answer: ComparableAnswer) => (batchesAlike ? answer : answer.status);
      expect(ours.answers.map(shown)).toEqual(real.answers.map(shown));
      if (!batchesAlike) return;
      expect(contradictions(real.answeredAt, ours.answeredAt)).toEqual([]);
      // Triton counts a request after it has answered it.
      await vi.waitFor(async () => {
        const after = await counts(name);
        const [counted, ourCounts] = after.map((numbers, side) => difference(numbers, before[side]));
        expect(ourCounts).toEqual(counted);
      }, 3_000);
    });
  });

  async function counts(model: string): Promise<Counts[]> {
    const answers = await askShared(pair, get(`/v2/models/${model}/stats`));
    return answers.map(({ body }) => numbersOf(JSON.parse(body).model_stats[0]));
  }
});

/** Numbers by their place. */
type Counts = Readonly<Record<string, number>>;

/** What a script added: one that went wrong tells nothing of those behind it. */
function difference(after: Counts, before: Counts = {}): Counts {
  const changed = Object.entries(after).map(
    ([place, number]) => [place, number - (before[place] ?? 0)] as const,
  );
  return Object.fromEntries(changed.filter(([, number]) => number !== 0));
}

/** The counts of a model's statistics; batches by their size, times left out. */
function numbersOf(value: unknown, place = ''): Counts {
  if (typeof value === 'number')
    return /\.(ns|last_inference|batch_size)$/.test(place) ? {} : { [place]: value };
  if (typeof value !== 'object' || value === null) return {};
  const members = Object.entries(value).map(([key, member]) => {
    const size = (member as { readonly batch_size?: number } | null)?.batch_size;
    return numbersOf(member, `${place}.${size === undefined ? key : `size ${size}`}`);
  });
  return Object.assign({}, ...members);
}
