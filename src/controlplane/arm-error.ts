import { messageOf, type SourceLocation, TritonLocalError, toTritonLocalError } from '../base/index.ts';

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

/** An error as it is answered, and recorded for an operation. */
export interface ErrorBody {
  readonly status: number;
  readonly code: string;
  /** All that the user of the SDK sees. */
  readonly message: string;
}

/** Our own codes that mean more than a bad request. Only a workspace that is locked may be free a moment later. */
const CODES: Readonly<Record<string, readonly [status: number, code: string]>> = {
  ENDPOINT_NOT_FOUND: [404, 'ResourceNotFound'],
  DEPLOYMENT_NOT_FOUND: [404, 'ResourceNotFound'],
  MODEL_NOT_FOUND: [404, 'ResourceNotFound'],
  ENVIRONMENT_NOT_FOUND: [404, 'ResourceNotFound'],
  ASSET_EXISTS: [409, 'UserError'],
  DEPLOYMENT_FAILED: [400, 'ResourceNotReady'],
  WORKSPACE_BUSY: [503, 'ServerBusy'],
};

/** Any thrown value in ARM's terms: ours, fastify's for a request that it cannot read, or a fault of this program. */
export function errorBody(thrown: unknown): ErrorBody {
  if (thrown instanceof ArmError)
    return { status: thrown.status, code: thrown.code, message: thrown.message };
  if (!(thrown instanceof TritonLocalError)) {
    const status = statusOf(thrown);
    if (status !== undefined) return { status, code: 'InvalidRequestContent', message: unreadable(thrown) };
  }
  const error = toTritonLocalError(thrown);
  const [status, code] = CODES[error.code] ?? [400, error.kind === 'user' ? 'UserError' : 'InternalError'];
  return { status, code, message: textOf(error) };
}

/** The status of an error that fastify made itself, always 4xx. */
function statusOf(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('statusCode' in thrown)) return undefined;
  const { statusCode } = thrown;
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : undefined;
}

function unreadable(thrown: unknown): string {
  return `The request content was invalid and could not be deserialized: ${messageOf(thrown)}`;
}

/** Message, place and hint. The code at the front, which az's own texts have, becomes the code of the answer. */
function textOf({ message, location, hint }: TritonLocalError): string {
  const text = message.replace(/^\((?:ResourceNotReady|ResourceNotFound|UserError)\) /, '');
  const place = location && placeOf(location);
  const lines = [place && !text.includes(place) ? `${text} (${place})` : text];
  if (hint !== undefined) lines.push(`Hint: ${hint}`);
  return lines.join('\n');
}

function placeOf({ file, line, column }: SourceLocation): string | undefined {
  if (file === '') return undefined;
  return [file, line, line === undefined ? undefined : column].filter((it) => it !== undefined).join(':');
}
