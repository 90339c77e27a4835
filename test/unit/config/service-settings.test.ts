import { describe, expect, it } from 'vitest';
import { readServiceSettings } from '../../../src/config/index.ts';

describe('the variables of the real scoring server', () => {
  it('allow no web page and name the version by default', () => {
    expect(readServiceSettings({})).toEqual({ corsOrigins: [], serverVersion: 'azmlinfsrv/1.5.1' });
  });

  it('list origins with commas', () => {
    const { corsOrigins } = readServiceSettings({ AML_CORS_ORIGINS: ' http://a , *,http://.*\\.b' });
    expect(corsOrigins).toEqual(['http://a', '*', 'http://.*\\.b']);
  });

  it('refuse an invalid pattern, by name', () => {
    expect(() => readServiceSettings({ AML_CORS_ORIGINS: 'http://(' })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('AML_CORS_ORIGINS'),
      }),
    );
  });

  it.each([
    [{ SERVER_VERSION_LOG_RESPONSE_ENABLED: 'TRUE' }, 'azmlinfsrv/1.5.1'],
    [{ SERVER_VERSION_LOG_RESPONSE_ENABLED: 'false' }, undefined],
    [{ SERVER_VERSION_LOG_RESPONSE_ENABLED: 'no', HTTP_X_MS_SERVER_VERSION: 'mine' }, 'mine'],
  ])('%j names the version %s', (variables, version) => {
    expect(readServiceSettings(variables).serverVersion).toBe(version);
  });
});
