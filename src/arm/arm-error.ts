/** A refusal in the shape of Azure Resource Manager: `{"error": {"code", "message", "details"}}`. */
export class ArmError extends Error {
  readonly status: number;
  /** Such as `ResourceNotFound`. */
  readonly code: string;

  /** @param status 4xx: the SDK sends a request again that is answered with 408, 429 or 5xx. */
  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'ArmError';
    this.status = status;
    this.code = code;
  }
}

/** @param what such as `The model digits:3`. */
export function notFound(what: string): ArmError {
  return new ArmError(404, 'ResourceNotFound', `${what} was not found.`);
}
