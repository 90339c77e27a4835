/** A failed load as the client of the load endpoint is told; `reasonError` is what went wrong. */
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
