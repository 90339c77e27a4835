import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GrpcInterface } from '../../../helpers/grpc-interface.ts';
import { peerPython } from '../../../helpers/python.ts';
import { realTriton, skipLoudly } from '../../../helpers/triton.ts';
import { MODELS } from '../fidelity/models.ts';
import { type Pair, startPair } from '../fidelity/pair.ts';
import { ALLOWED, allowedFor } from './allowed.ts';
import type { GrpcCase } from './cases/case.ts';
import { TOPICS } from './cases/index.ts';
import { removeSharedMemory, writeSharedMemory } from './cases/shared-memory.ts';
import { exchange } from './exchange.ts';

if (!realTriton) skipLoudly('the comparison of gRPC with the real Triton');

describe.skipIf(!realTriton || !peerPython)('gRPC calls beside the real Triton', () => {
  const used = new Set<string>();
  let pair: Pair;
  let grpc: GrpcInterface;

  beforeAll(async () => {
    writeSharedMemory();
    grpc = await GrpcInterface.ofRealClient();
    pair = await startPair(realTriton ?? '', MODELS, 'explicit');
  });
  afterAll(async () => {
    await pair?.[Symbol.asyncDispose]();
    removeSharedMemory();
  });

  describe.each(TOPICS.map(([topic, cases]) => ({ topic, cases })))('$topic', ({ cases }) => {
    // The real server dies of a broken call now and then.
    it.each(cases)('$name', (asked) => pair.whileRealLives(() => compare(asked)));
  });

  async function compare({ name, requests }: GrpcCase): Promise<void> {
    const allowed = allowedFor(name);
    for (const request of requests) {
      const [real, ours] = await Promise.all([
        exchange(pair.real.grpcPort, grpc, request),
        exchange(pair.ours.grpcPort, grpc, request),
      ]);
      if (allowed && JSON.stringify(real) !== JSON.stringify(ours)) {
        expect(allowed.holds(real, ours), `${allowed.what}\n${JSON.stringify({ real, ours }, null, 1)}`).toBe(
          true,
        );
        used.add(allowed.what);
      } else {
        expect(ours).toEqual(real);
      }
    }
  }

  it('lists no difference that is gone', () => {
    expect(ALLOWED.map(({ what }) => what).filter((what) => !used.has(what))).toEqual([]);
  });
});
