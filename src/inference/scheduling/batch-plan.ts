import type { QueuedRequest } from './queued-request.ts';

export interface BatchRules {
  readonly maxBatchSize: number;
  /** Ascending. */
  readonly preferred: readonly number[];
  readonly delayMs: number;
}

/** How many waiting requests go out together now (0: none yet), and when to look again. */
export interface BatchPlan {
  readonly take: number;
  /** As `performance.now()` counts; only where nothing is taken. */
  readonly lookAgainAt: number;
}

/**
 * Decides what to run next, as Triton's dynamic batcher does: a preferred size as soon as it is reached, a full or
 * unmixable batch at once, everything that waits when there is no delay or the oldest has waited it out.
 */
export function planBatch(waiting: readonly QueuedRequest[], rules: BatchRules, now: number): BatchPlan {
  const [first] = waiting;
  if (!first) return { take: 0, lookAgainAt: Number.POSITIVE_INFINITY };
  let total = 0;
  let take = 0;
  let preferredTake = 0;
  let closed = false;
  for (const request of waiting) {
    closed = request.shapeKey !== first.shapeKey || total + request.batchSize > rules.maxBatchSize;
    if (closed && take > 0) break;
    closed = false;
    total += request.batchSize;
    take += 1;
    if (rules.preferred.includes(total)) preferredTake = take;
  }
  if (rules.delayMs === 0) return { take, lookAgainAt: now };
  if (preferredTake > 0) return { take: preferredTake, lookAgainAt: now };
  const largest = rules.preferred.at(-1) ?? rules.maxBatchSize;
  const dueAt = first.enqueuedAt + rules.delayMs;
  if (closed || total >= largest || now >= dueAt) return { take, lookAgainAt: now };
  return { take: 0, lookAgainAt: dueAt };
}
