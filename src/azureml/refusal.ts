import { type TritonLocalErrorDetails, userError } from '../base/index.ts';

/** An error of Azure ML's own tools: the message is theirs, the hint ours. */
export function refusal(message: string, details?: TritonLocalErrorDetails): Error {
  return userError('AZUREML_REFUSED', message, details);
}

/** @throws Azure ML's error for an invalid model name. */
export function checkModelName(name: string): void {
  if (!/^[a-zA-Z0-9][a-zA-Z0-9\-._]{0,254}$/.test(name)) {
    throw refusal(
      'Error, provided model name is invalid. It must only consist of letters, numbers, dashes, periods, or underscores, start with a letter or number, and be between 1 and 255 characters long.',
    );
  }
}

/** @throws Azure ML's error for an invalid web service name. */
export function checkServiceName(name: string): void {
  if (!/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name) || name.length < 3 || name.length > 32) {
    throw refusal(
      'Error, provided service name is invalid. It must only consist of lowercase letters, numbers, or dashes, start with a letter, end with a letter or number, and be between 3 and 32 characters long.',
    );
  }
}
