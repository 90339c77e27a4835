import { type SourceLocation, TritonLocalError } from '../base/index.ts';

/** Where in a ModelConfig a fault lies: field names, list positions (numbers) and map keys, from the outside in. */
export type FieldPath = readonly (string | number)[];

/** Triton's status codes as far as a configuration can cause them. */
export type ModelErrorStatus = 'INVALID_ARG' | 'INTERNAL' | 'NOT_FOUND' | 'UNSUPPORTED' | 'UNAVAILABLE';

interface ModelConfigErrorDetails {
  readonly status?: ModelErrorStatus;
  readonly field?: FieldPath;
  readonly hint?: string | undefined;
  readonly location?: SourceLocation | undefined;
  readonly cause?: unknown;
}

/**
 * A configuration that Triton refuses. `message` is Triton's own text, `status` the code that Triton would put
 * before it (`Invalid argument: ` ...), `field` what is wrong, so that its line can be found.
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

  /** The same error, pointing into the user's file. */
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

/** What the core or a backend refuses in a configuration that could be read. */
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
