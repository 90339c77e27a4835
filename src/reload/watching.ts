/** The source of hints while it runs; the reloader tells it what its looks found. */
export interface Watching extends AsyncDisposable {
  /** How long the next look without a hint may wait. */
  readonly reconcileMs: number;
  /** A watched folder was replaced by another: its watchers are dead and made anew. */
  rearm(): void;
  /** A look found a change; `expected` tells whether a hint announced it. */
  noteChange(expected: boolean): void;
  /** How long a look took, from which the pace of looking follows. */
  noteLook(milliseconds: number): void;
}
