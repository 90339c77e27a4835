/** A failed load as reported to the client of the load endpoint; `reasonError` is the cause. */
export class LoadError extends Error {
  readonly status: number;
  readonly reasonError: unknown;

  constructor(message: string, status: number, reasonError: unknown) {
    super(message);
    this.name = 'LoadError';
    this.status = status;
    this.reasonError = reasonError;
  }
}
