/** Time as a parameter, so that tests can pass their own. */
export interface Clock {
  /** Milliseconds since some fixed moment; never decreases. */
  now(): number;
  /** Calls `callback` once after `milliseconds`; the returned function cancels the call. */
  after(milliseconds: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
};
