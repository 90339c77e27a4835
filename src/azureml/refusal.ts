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

/**
 * Checks the name of an asset of v2 other than a model, or a version.
 * @param what such as `environment name`.
 * @throws AZUREML_REFUSED
 */
export function checkAssetName(what: string, name: string): void {
  if (/^[a-zA-Z0-9][a-zA-Z0-9\-._]{0,254}$/.test(name)) return;
  throw refusal(
    `The ${what} ${JSON.stringify(name.slice(0, 300))} is invalid: it has 1 to 255 letters, digits, dashes, periods or underscores, and starts with a letter or digit.`,
  );
}

/** @throws Azure ML's error for an invalid web service name. */
export function checkServiceName(name: string): void {
  if (!/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name) || name.length < 3 || name.length > 32) {
    throw refusal(
      'Error, provided service name is invalid. It must only consist of lowercase letters, numbers, or dashes, start with a letter, end with a letter or number, and be between 3 and 32 characters long.',
    );
  }
}
