import { describe, expect, it } from 'vitest';
import { issueToken, isValidToken } from '../../../src/workspace/index.ts';

const KEY = 'key';

describe('an access token', () => {
  it('names its resource and its end, as a JWT', () => {
    const { token, expiresOn, expiresIn } = issueToken(KEY, 'https://ml.azure.com', 1_000_000);
    const [head, content] = token.split('.').map((part) => Buffer.from(part, 'base64url').toString());
    expect(JSON.parse(head ?? '')).toEqual({ typ: 'JWT', alg: 'HS256' });
    expect(JSON.parse(content ?? '')).toMatchObject({ aud: 'https://ml.azure.com', exp: expiresOn });
    expect(expiresOn).toBe(1_000 + expiresIn);
  });

  it('is valid until its end and with its own key only', () => {
    const { token, expiresOn } = issueToken(KEY, 'any');
    expect(isValidToken(token, KEY)).toBe(true);
    expect(isValidToken(token, KEY, expiresOn * 1000)).toBe(false);
    expect(isValidToken(token, 'other')).toBe(false);
  });

  it('is not valid once changed, nor is anything else', () => {
    const { token } = issueToken(KEY, 'any');
    const [head, , signature] = token.split('.');
    const forever = Buffer.from('{"exp":99999999999}').toString('base64url');
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${forever}.`;
    for (const sent of ['', '.', 'x', '...', `${head}.${forever}.${signature}`, unsigned, `${token}x.y`])
      expect(isValidToken(sent, KEY), sent).toBe(false);
  });
});
