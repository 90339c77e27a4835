import { describe, expect, it } from 'vitest';
import { systemError, userError } from '../../../src/base/index.ts';
import { ArmError, errorBody } from '../../../src/controlplane/arm-error.ts';

describe('errorBody', () => {
  it('keeps status and code of a refusal', () => {
    expect(errorBody(new ArmError(409, 'Conflict', 'It exists.'))).toEqual({
      status: 409,
      code: 'Conflict',
      message: 'It exists.',
    });
  });

  it('answers 404 for a missing endpoint, without az’s code in the text', () => {
    const error = userError('ENDPOINT_NOT_FOUND', '(ResourceNotFound) The endpoint a was not found.', {
      hint: 'there are: b',
    });
    expect(errorBody(error)).toEqual({
      status: 404,
      code: 'ResourceNotFound',
      message: 'The endpoint a was not found.\nHint: there are: b',
    });
  });

  it('names the place in the user’s file once', () => {
    const location = { file: 'score.py', line: 3, column: 5 };
    const error = userError('DEPLOYMENT_FAILED', '(ResourceNotReady) init() raised', { location });
    expect(errorBody(error)).toEqual({
      status: 400,
      code: 'ResourceNotReady',
      message: 'init() raised (score.py:3:5)',
    });
    const named = userError('DEPLOYMENT_FAILED', 'init() raised at score.py:3:5', { location });
    expect(errorBody(named).message).toBe('init() raised at score.py:3:5');
  });

  it('names no file for a request that came without one', () => {
    const error = userError('AZUREML_REFUSED', 'name: Missing data', { location: { file: '' } });
    expect(errorBody(error).message).toBe('name: Missing data');
  });

  it.each([
    ['a fault of this program', new TypeError('x is undefined')],
    ['a port that is taken', systemError('PORT_TAKEN', 'port 6789 is already in use')],
  ])('answers 4xx for %s, so that the SDK does not send the request again', (_name, error) => {
    expect(errorBody(error)).toEqual({ status: 400, code: 'InternalError', message: error.message });
  });
});
