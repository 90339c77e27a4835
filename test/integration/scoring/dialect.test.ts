// What the server of 2020 and 2021 answered (docs/reference/azureml.md#the-server-of-2020-and-2021), which is no longer
// available as a peer: errors are text with Python's message, and answers carry one id.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { peerPython } from '../../helpers/python.ts';
import { scriptText } from './cases/case.ts';
import { ScriptService } from './script-service.ts';

describe.skipIf(!peerPython).each(['returns.py', 'responses.py'])('the dialect of 2021 with %s', (script) => {
  let service: ScriptService;
  beforeAll(async () => {
    service = await ScriptService.start(scriptText(script), { scoring: { dialect: '2021' } });
  });
  afterAll(() => service?.[Symbol.asyncDispose]());

  const raise = script === 'returns.py' ? 'division' : 'raise';

  it('shows what run() raised', async () => {
    const answer = await service.send('POST', '/score', [], raise);
    expect(answer.status).toBe(500);
    expect(answer.header('content-type')).toBe('text/html; charset=utf-8');
    expect(answer.body.toString()).toMatch(/^(?:integer )?division (?:or modulo )?by zero$/);
    expect(answer.header('x-ms-run-function-failed')).toBe('True');
  });

  it('shows the traceback of an internal error', async () => {
    const answer = await service.send('POST', '/score', [], 'bytes');
    expect(answer.status).toBe(500);
    expect(answer.body.toString()).toMatch(
      /^An unexpected internal error occurred\. Encountered Exception: Traceback .*not JSON serializable$/s,
    );
  });

  it('carries x-ms-request-id alone, of any length', async () => {
    const long = 'A'.repeat(200);
    for (const [sent, told] of [
      [[`x-ms-request-id: ${long}`], long],
      [[], expect.stringMatching(/^[0-9a-f-]{36}$/)],
    ] as const) {
      const answer = await service.send('POST', '/score', sent, 'dict');
      expect(answer.status).toBe(200);
      expect(answer.header('x-ms-request-id')).toEqual(told);
      for (const name of ['x-request-id', 'x-ms-client-request-id', 'x-ms-server-version'])
        expect(answer.header(name)).toBeUndefined();
    }
  });

  it('refuses in texts, bad input as 500, and knows no OPTIONS', async () => {
    const unknown = await service.send('GET', '/nowhere');
    expect([unknown.status, unknown.header('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
    const bad = await service.send('POST', '/score', [], '\xff');
    expect([bad.status, bad.body.toString()]).toEqual([
      500,
      expect.stringMatching(/^Input cannot be decoded as UTF-8: /),
    ]);
    expect((await service.send('OPTIONS', '/score')).status).toBe(405);
  });
});
