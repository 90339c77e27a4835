import type { QueuedRequest } from './queued-request.ts';

export interface BatchRules {
  readonly maxBatchSize: number;
  /** Ascending. */
  readonly preferred: readonly number[];
  readonly delayMs: number;
}

/** How many waiting requests to run together now (0: none yet), and when to decide again. */
export interface BatchPlan {
  readonly take: number;
  /** In the time of `performance.now()`; only if nothing is taken. */
  readonly lookAgainAt: number;
}

/**
 * Decides what to run next, as Triton's dynamic batcher does (`GetDynamicBatch`): the largest preferred size that is
 * reached, while the oldest request's delay lasts; otherwise a full or unmixable batch at once, or everything that
 * waits if there is no delay or it has passed.
 */
export function planBatch(waiting: readonly QueuedRequest[], rules: BatchRules, now: number): BatchPlan {
  const [first] = waiting;
  if (!first) return { take: 0, lookAgainAt: Number.POSITIVE_INFINITY };
  const largest = rules.preferred.at(-1) ?? rules.maxBatchSize;
  let total = 0;
  let take = 0;
  let preferredTake = 0;
  let closed = false;
  let oldest = Number.POSITIVE_INFINITY;
  let deadline = Number.POSITIVE_INFINITY;
  for (const request of waiting) {
    // Requests beyond the largest preferred size wait for the next batch, unless the delay has passed.
    if (total + request.batchSize > largest && preferredTake === 0) preferredTake = take;
    closed = request.shapeKey !== first.shapeKey || total + request.batchSize > rules.maxBatchSize;
    if (closed && take > 0) break;
    closed = false;
    total += request.batchSize;
    take += 1;
    oldest = Math.min(oldest, request.enqueuedAt);
    deadline = Math.min(deadline, request.deadline);
    if (rules.preferred.includes(total)) preferredTake = take;
  }
  const dueAt = oldest + rules.delayMs;
  const isOver = rules.delayMs > 0 && now >= dueAt;
  if (preferredTake > 0 && !isOver) return { take: preferredTake, lookAgainAt: now };
  if (closed || total >= largest || isOver || rules.delayMs === 0) return { take, lookAgainAt: now };
  // Its time in the queue may end before that: it is then refused, or moved behind the others.
  return { take: 0, lookAgainAt: Math.min(dueAt, deadline > now ? deadline : dueAt) };
}
