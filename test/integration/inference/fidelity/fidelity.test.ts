import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realTriton, skipLoudly } from '../../../helpers/triton.ts';
import { ALLOWED, allowedFor } from './allowed.ts';
import type { FidelityCase } from './cases/case.ts';
import { FATAL_CASES } from './cases/fatal.ts';
import { TOPICS } from './cases/index.ts';
import { removeSharedMemory, writeSharedMemory } from './cases/shared-memory.ts';
import { sameNumbers } from './comparison.ts';
import { fidelityDocument, type TopicTally } from './document.ts';
import { COMPARED_ERRORS, errorTable } from './error-codes.ts';
import { exchange } from './exchange.ts';
import { MODELS } from './models.ts';
import { askBoth, type Pair, startPair } from './pair.ts';

if (!realTriton) skipLoudly('the comparison of the embedded engine with the real Triton');

describe.skipIf(!realTriton)('the embedded engine beside the real Triton', () => {
  const tallies: TopicTally[] = TOPICS.map(([topic, { length }]) => ({
    topic,
    cases: length,
    equal: 0,
    digits: 0,
    allowed: 0,
  }));
  const used = new Set<string>();
  /** What ours answered, by case. */
  const answered = new Map<string, string>();
  let pair: Pair;

  beforeAll(async () => {
    writeSharedMemory();
    pair = await startPair(realTriton ?? '', MODELS, 'explicit');
  });
  afterAll(async () => {
    const sum = (pick: (tally: TopicTally) => number) =>
      tallies.reduce((total, tally) => total + pick(tally), 0);
    process.stdout.write(
      `fidelity: ${sum(({ cases }) => cases)} cases, ${sum(({ equal }) => equal)} equal, ` +
        `${sum(({ digits }) => digits)} equal but for digits, ${sum(({ allowed }) => allowed)} allowed to differ\n`,
    );
    await pair?.[Symbol.asyncDispose]();
    removeSharedMemory();
  });

  describe.each(TOPICS.map(([topic, cases], index) => ({ topic, cases, index })))(
    '$topic',
    ({ cases, index }) => {
      it.each(cases)('$name', async (asked) => {
        const tally = tallies[index] as TopicTally;
        tally[await compare(asked)] += 1;
      });
    },
  );

  async function compare({ name, requests }: FidelityCase): Promise<'equal' | 'digits' | 'allowed'> {
    const allowed = allowedFor(name);
    let verdict: 'equal' | 'digits' | 'allowed' = 'equal';
    for (const request of requests) {
      const [real, ours] = await askBoth(pair, request);
      answered.set(name, (answered.get(name) ?? '') + ours.body);
      if (JSON.stringify(real) === JSON.stringify(ours)) continue;
      if (allowed) {
        expect(allowed.holds(real, ours), `${allowed.what}\n${JSON.stringify({ real, ours }, null, 1)}`).toBe(
          true,
        );
        used.add(allowed.what);
        verdict = 'allowed';
      } else {
        if (!sameNumbers(real, ours)) expect(ours).toEqual(real);
        verdict = 'digits';
      }
    }
    return verdict;
  }

  it.each(FATAL_CASES)('$name', async ({ requests }) => {
    for (const request of requests) {
      expect((await exchange(pair.ours.port, request)).status).toBeGreaterThanOrEqual(200);
      const live = await fetch(`http://127.0.0.1:${pair.ours.port}/v2/health/live`);
      expect(live.status).toBe(200);
    }
  });

  it('lists no difference that is none any more', () => {
    expect(ALLOWED.map(({ what }) => what).filter((what) => !used.has(what))).toEqual([]);
  });

  it('leaves out no error of the catalogue', () => {
    expect(errorTable().filter(([, where]) => where === undefined)).toEqual([]);
  });

  it.each(Object.entries(COMPARED_ERRORS))('brings up %s where it says so', (_code, error) => {
    expect(answered.get(error.case)).toContain(error.says);
  });

  it('has a page of documentation that says what was found', async () => {
    await expect(fidelityDocument(tallies)).toMatchFileSnapshot('../../../../docs/fidelity.md');
  });
});
