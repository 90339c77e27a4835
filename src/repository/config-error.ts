import { type SourceLocation, TritonLocalError } from '../base/index.ts';

/** The location of a fault in a ModelConfig: field names, list positions (numbers) and map keys, outermost first. */
export type FieldPath = readonly (string | number)[];

/** Those of Triton's status codes that a configuration can cause. */
export type ModelErrorStatus = 'INVALID_ARG' | 'INTERNAL' | 'NOT_FOUND' | 'UNSUPPORTED' | 'UNAVAILABLE';

interface ModelConfigErrorDetails {
  readonly status?: ModelErrorStatus;
  readonly field?: FieldPath;
  readonly hint?: string | undefined;
  readonly location?: SourceLocation | undefined;
  readonly cause?: unknown;
}

/**
 * A configuration that Triton refuses. `message` is Triton's own text, `status` the code with which Triton prefixes it
 * (`Invalid argument: ` ...), `field` the location of the fault, from which its line is found.
 */
export class ModelConfigError extends TritonLocalError {
  readonly status: ModelErrorStatus;
  readonly field: FieldPath | undefined;

  constructor(
    code: string,
    message: string,
    { status = 'INVALID_ARG', field, hint, location, cause }: ModelConfigErrorDetails = {},
  ) {
    super(code, 'user', message, {
      ...(hint === undefined ? {} : { hint }),
      ...(location === undefined ? {} : { location }),
      ...(cause === undefined ? {} : { cause }),
    });
    this.name = 'ModelConfigError';
    this.status = status;
    this.field = field;
  }

  /** The same error with a location in the user's file. */
  at(location: SourceLocation): ModelConfigError {
    const { code, message, status, field, hint, cause } = this;
    return new ModelConfigError(code, message, {
      status,
      location,
      hint,
      cause,
      ...(field === undefined ? {} : { field }),
    });
  }
}

/** The error for a readable configuration that the core or a backend refuses. */
export function invalidConfig(
  message: string,
  field?: FieldPath,
  status: ModelErrorStatus = 'INVALID_ARG',
  hint?: string,
): ModelConfigError {
  return new ModelConfigError('MODEL_CONFIG_INVALID', message, {
    status,
    hint,
    ...(field === undefined ? {} : { field }),
  });
}
