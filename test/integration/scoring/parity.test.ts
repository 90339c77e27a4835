// The real scoring server is the oracle: the same bytes go to both over raw sockets, and status line, header fields
// with their order and repetitions, and body must be the same. What may differ is listed, with its reason, in
// `cases/allowed.ts`.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { peerPython } from '../../helpers/python.ts';
import { GROUPS } from './cases/groups.ts';
import { comparable } from './comparable.ts';
import { Pair } from './pair.ts';

const counts = { equal: 0, allowed: 0 };
afterAll(() => {
  const { equal, allowed } = counts;
  if (peerPython)
    process.stdout.write(`scoring parity: ${equal + allowed} cases, ${equal} equal, ${allowed} allowed\n`);
});

describe.skipIf(!peerPython).each(GROUPS)('like the real scoring server: $name', (group) => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.start(group);
  });
  afterAll(() => pair?.[Symbol.asyncDispose]());

  it.each(group.cases)('$name', async (one) => {
    const { ours, real } = await pair.ask(one);
    if (!one.differs) {
      expect(comparable(ours)).toEqual(comparable(real));
      counts.equal += 1;
      return;
    }
    // An allowance that is no longer needed must be removed.
    expect(comparable(ours)).not.toEqual(comparable(real));
    expect(ours ? `${ours.status} ${ours.reason}` : 'none').toBe(one.differs.ours);
    counts.allowed += 1;
  });
});
