import { describe, expect, it } from 'vitest';
import {
  hasErrno,
  messageOf,
  systemError,
  TritonLocalError,
  toTritonLocalError,
  userError,
} from '../../../src/base/index.ts';

describe('TritonLocalError', () => {
  it('carries code, kind, hint, place and cause', () => {
    const cause = new Error('below');
    const location = { file: 'score.py', line: 3 };
    const error = userError('SCRIPT_FAILED', 'it failed', { hint: 'mend it', location, cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'TritonLocalError',
      code: 'SCRIPT_FAILED',
      kind: 'user',
      hint: 'mend it',
    });
    expect(error.location).toEqual(location);
    expect(error.cause).toBe(cause);
    expect(systemError('X', 'y').kind).toBe('system');
  });

  it('has no cause property if no cause was given', () => {
    expect(Object.hasOwn(userError('A', 'b'), 'cause')).toBe(false);
  });
});

describe('messageOf', () => {
  it('reads errors and anything else that was thrown', () => {
    expect(messageOf(new Error('why'))).toBe('why');
    expect(messageOf('text')).toBe('text');
    expect(messageOf(undefined)).toBe('undefined');
    expect(messageOf(null)).toBe('null');
  });

  it('finds words for errors that have none', () => {
    const refused = [
      new Error('connect ECONNREFUSED ::1:8000'),
      new Error('connect ECONNREFUSED 127.0.0.1:8000'),
    ];
    expect(messageOf(new AggregateError(refused))).toBe(
      'connect ECONNREFUSED ::1:8000; connect ECONNREFUSED 127.0.0.1:8000',
    );
    expect(messageOf(Object.assign(new Error(''), { code: 'ECONNRESET' }))).toBe('ECONNRESET');
    expect(messageOf(new TypeError(''))).toBe('TypeError');
  });
});

describe('toTritonLocalError', () => {
  it('leaves our own as they are and wraps all others', () => {
    const ours = userError('A', 'b');
    expect(toTritonLocalError(ours)).toBe(ours);
    const foreign = new RangeError('too far');
    const wrapped = toTritonLocalError(foreign);
    expect(wrapped).toBeInstanceOf(TritonLocalError);
    expect(wrapped).toMatchObject({ code: 'INTERNAL', kind: 'system', message: 'too far', cause: foreign });
  });
});

describe('hasErrno', () => {
  it('compares the code of system errors only', () => {
    const missing = Object.assign(new Error('no'), { code: 'ENOENT' });
    expect(hasErrno(missing, 'EACCES', 'ENOENT')).toBe(true);
    expect(hasErrno(missing, 'EACCES')).toBe(false);
    expect(hasErrno(Object.assign(new Error('no'), { code: 5 }), 'ENOENT')).toBe(false);
    expect(hasErrno({ code: 'ENOENT' }, 'ENOENT')).toBe(false);
    expect(hasErrno(undefined, 'ENOENT')).toBe(false);
  });
});
