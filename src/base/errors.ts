/** Where in a user's file the fault is; `line` and `column` count from 1. */
export interface SourceLocation {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

export interface TritonLocalErrorDetails {
  /** What the user can do about it: a command, a setting, a place to look. */
  readonly hint?: string;
  readonly location?: SourceLocation;
  readonly cause?: unknown;
}

/**
 * The only error class of this program. `code` is stable (`ROOM_CONDITION`); `kind` says whether the user's input or
 * the machine is at fault; the message says what happened, the hint what to do. Each transport maps it once.
 */
export class TritonLocalError extends Error {
  readonly code: string;
  readonly kind: 'user' | 'system';
  readonly hint: string | undefined;
  readonly location: SourceLocation | undefined;

  constructor(
    code: string,
    kind: 'user' | 'system',
    message: string,
    { hint, location, cause }: TritonLocalErrorDetails = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'TritonLocalError';
    this.code = code;
    this.kind = kind;
    this.hint = hint;
    this.location = location;
  }
}

export function userError(
  code: string,
  message: string,
  details?: TritonLocalErrorDetails,
): TritonLocalError {
  return new TritonLocalError(code, 'user', message, details);
}

export function systemError(
  code: string,
  message: string,
  details?: TritonLocalErrorDetails,
): TritonLocalError {
  return new TritonLocalError(code, 'system', message, details);
}

/** The message of any thrown value; never empty. */
export function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  if (thrown.message !== '') return thrown.message;
  // Node's connection errors for several addresses have no message of their own.
  if (thrown instanceof AggregateError && thrown.errors.length > 0) {
    return [...new Set(thrown.errors.map(messageOf))].join('; ');
  }
  return 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : thrown.name;
}

/** A thrown value as our own error. Any other error becomes `INTERNAL`, with the original as its cause. */
export function toTritonLocalError(thrown: unknown): TritonLocalError {
  if (thrown instanceof TritonLocalError) return thrown;
  return systemError('INTERNAL', messageOf(thrown), { cause: thrown });
}

/** Whether a system call failed with this errno name, such as `ENOENT`. */
export function hasErrno(thrown: unknown, ...names: string[]): boolean {
  return (
    thrown instanceof Error &&
    'code' in thrown &&
    typeof thrown.code === 'string' &&
    names.includes(thrown.code)
  );
}
