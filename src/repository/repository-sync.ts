/** What clients ask of Triton's repository API. */
export type RepositoryAction = 'index' | 'load' | 'unload';

/** Keeps the repository that an engine reads in step with the user's folder while clients use the repository API. */
export interface RepositorySync {
  /**
   * To be awaited before an engine carries out what a client asks: waits until our own reload is not at the model,
   * and before a load or an index brings the engine's files up to what the user's folder holds. Until the turn has
   * ended, our reload leaves the model alone.
   * @param model not for an index
   * @throws TritonLocalError when the user's files cannot be read or are still being written after a while
   */
  begin(action: RepositoryAction, model?: string): Promise<RepositoryTurn>;
}

/** A client's turn at a model. `end` never rejects; only its first call counts. */
export interface RepositoryTurn {
  /** @param succeeded false puts the engine's former files back. */
  end(succeeded: boolean): Promise<void>;
}
