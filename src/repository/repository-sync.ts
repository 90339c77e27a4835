/** The requests of Triton's repository API. */
export type RepositoryAction = 'index' | 'load' | 'unload';

/** Keeps the engine's repository in sync with the user's folder while clients use the repository API. */
export interface RepositorySync {
  /**
   * Await it before the engine executes a client's request: it waits until our own reload is done with the model and,
   * for a load or an index, copies the user's current files to the engine. Until the turn ends, our reload does not
   * touch the model.
   * @param model undefined for an index
   * @throws TritonLocalError if the user's files cannot be read, or are still being written after a while
   */
  begin(action: RepositoryAction, model?: string): Promise<RepositoryTurn>;
}

/** A client's exclusive turn at a model. `end` never rejects; only its first call has an effect. */
export interface RepositoryTurn {
  /** @param succeeded false restores the engine's previous files. */
  end(succeeded: boolean): Promise<void>;
}
