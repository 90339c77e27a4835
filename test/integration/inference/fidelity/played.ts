import { setTimeout as sleep } from 'node:timers/promises';
import { type ComparableAnswer, comparable } from './comparison.ts';
import { exchange, type WireRequest } from './exchange.ts';

/** A request and when it is sent, in milliseconds from the start. */
export interface TimedRequest {
  readonly at: number;
  readonly request: WireRequest;
}

export interface Played {
  readonly answers: readonly ComparableAnswer[];
  /** Milliseconds from the start, by request. */
  readonly answeredAt: readonly number[];
}

/** Sends each request at its time. */
export async function play(port: number, requests: readonly TimedRequest[]): Promise<Played> {
  const start = performance.now();
  const played = await Promise.all(
    requests.map(async ({ at, request }) => {
      await sleep(at);
      const answer = comparable(await exchange(port, request));
      return { answer, answeredAt: performance.now() - start };
    }),
  );
  return {
    answers: played.map(({ answer }) => answer),
    answeredAt: played.map(({ answeredAt }) => answeredAt),
  };
}

/** Answers that come closer together than this, in milliseconds, have come in no order. */
const TOGETHER_MS = 15;

/** The pairs of requests that are clearly answered in one order by one side and in the other by the other. */
export function contradictions(
  real: readonly number[],
  ours: readonly number[],
): (readonly [number, number])[] {
  const isBefore = (times: readonly number[], a: number, b: number) =>
    (times[b] ?? 0) - (times[a] ?? 0) > TOGETHER_MS;
  const found: (readonly [number, number])[] = [];
  for (const a of real.keys())
    for (const b of ours.keys()) if (isBefore(real, a, b) && isBefore(ours, b, a)) found.push([a, b]);
  return found;
}
