import type { ReplyFrame } from './frames.ts';
import type { ReplyStream } from './reply-stream.ts';
import type { ScoreRequest } from './score-pool.ts';

/** One request while a worker handles it. */
export interface WorkerJob {
  readonly request: ScoreRequest;
  /** When a worker took it (`performance.now()`). */
  readonly dispatchedAt: number;
  reply(reply: ReplyFrame): void;
  /** As `reply`, with a body that is still being produced. Returns false if no one waits for it any more. */
  stream(reply: ReplyFrame, body: ReplyStream): boolean;
  lost(reason: string): void;
  abort(runMs: number): void;
}
