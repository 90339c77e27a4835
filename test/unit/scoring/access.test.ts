import { afterEach, describe, expect, it } from 'vitest';
import { ask, requestText } from './raw-http.ts';
import { FakePool, startService, type TestService } from './service.ts';

let service: TestService;
afterEach(() => service[Symbol.asyncDispose]());

const send = (method: string, target: string, extra: readonly string[] = [], body = '') =>
  ask(service.port, requestText(method, target, extra, body));

describe('keys', () => {
  const start = async () => {
    service = await startService(new FakePool(), { keys: ['first-key', 'zweiter-schlüssel'] });
  };

  it('lets no request through without one of them', async () => {
    await start();
    for (const field of [
      [],
      ['Authorization: Bearer'],
      ['Authorization: Bearer first-ke'],
      ['Authorization: Bearer first-key2'],
      ['Authorization: first-key'],
      ['Authorization: Basic first-key'],
      ['Authorization: Bearer first-key', 'Authorization: Bearer first-key'],
    ]) {
      const answer = await send('POST', '/score', field, '{}');
      expect(answer.status).toBe(401);
      expect(answer.header('content-type')).toBe('text/plain');
      expect(answer.header('x-triton-local-generation')).toBe('1');
    }
    expect((await send('GET', '/nowhere')).status).toBe(401);
    expect((await send('POST', '/')).status).toBe(401);
    expect(JSON.stringify(service.events)).not.toContain('first-ke');
  });

  it('takes each of them, with the scheme in any case', async () => {
    await start();
    for (const field of ['Bearer first-key', 'bearer  first-key', 'Bearer zweiter-schl\xc3\xbcssel'])
      expect((await send('POST', '/score', [`Authorization: ${field}`], '{}')).status).toBe(200);
  });

  it('asks none for the health probe', async () => {
    await start();
    expect((await send('GET', '/')).status).toBe(200);
    expect((await send('GET', '//')).status).toBe(200);
  });
});
