import { afterEach, describe, expect, it } from 'vitest';
import { ask, requestText } from '../scoring/raw-http.ts';
import { FakePool, reply, startService, type TestService } from '../scoring/service.ts';

let service: TestService;
afterEach(() => service[Symbol.asyncDispose]());

async function newest(query = ''): Promise<Record<string, unknown>[]> {
  const answer = await ask(service.port, requestText('GET', `/_triton-local/requests${query}`));
  expect([answer.status, answer.header('content-type')]).toEqual([200, 'application/json']);
  return JSON.parse(answer.body.toString());
}

const score = (id: string) =>
  ask(service.port, requestText('POST', '/score?x=1', [`x-request-id: ${id}`], '{}'));

describe('GET /_triton-local/requests', () => {
  it('lists requests to both ports, newest first, with their time split', async () => {
    service = await startService(new FakePool(() => reply('1', { queueMs: 2, runMs: 3 }), 7));
    await score('first');
    service.requests.record('POST', '/v2/models/r%C3%A9sum%C3%A9/versions/1/infer?x', 200, 9, {
      queueMs: 1,
      runMs: 4,
      batch: 8,
    });
    service.requests.record('GET', '/v2', 200, 1);
    await score('last');
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    const scored = { time, method: 'POST', path: '/score', status: 200, generation: 7, queueMs: 2, runMs: 3 };
    expect(await newest()).toEqual([
      { id: 'last', ...scored, totalMs: expect.any(Number) },
      {
        id: 'engine-2',
        time,
        method: 'GET',
        path: '/v2',
        status: 200,
        generation: 0,
        queueMs: 0,
        runMs: 0,
        totalMs: 1,
      },
      {
        id: 'engine-1',
        time,
        method: 'POST',
        path: '/v2/models/r%C3%A9sum%C3%A9/versions/1/infer',
        status: 200,
        generation: 0,
        queueMs: 1,
        runMs: 4,
        totalMs: 9,
        model: 'résumé',
        batch: 8,
      },
      { id: 'first', ...scored, totalMs: expect.any(Number) },
    ]);
    expect((await newest('?limit=1')).map(({ id }) => id)).toEqual(['last']);
    expect((await newest('?limit=3')).map(({ id }) => id)).toEqual(['last', 'engine-2', 'engine-1']);
  });

  it('leaves out its own requests and probes, and gives what it holds for a large limit', async () => {
    service = await startService();
    await ask(service.port, requestText('GET', '/'));
    await ask(service.port, requestText('GET', '/_triton-local/status'));
    expect(await newest('?limit=100000')).toEqual([]);
  });

  it.each(['0', '-1', 'x', '1.5', '', '1e3', '1&limit=2', ' 1'])('refuses limit=%s', async (limit) => {
    service = await startService();
    const target = `/_triton-local/requests?limit=${encodeURI(limit)}`;
    const answer = await ask(service.port, requestText('GET', target));
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body.toString())).toEqual({
      message: 'limit must be a whole number, at least 1.',
    });
  });

  it('keeps the newest of many, and little of a long path', async () => {
    service = await startService();
    const long = `/v2/models/${'m'.repeat(5_000)}/infer`;
    for (let index = 0; index < 2_500; index += 1) service.requests.record('POST', long, 200, index);
    const all = await newest('?limit=9999');
    expect(all).toHaveLength(1_000);
    expect([all[0]?.totalMs, all.at(-1)?.totalMs]).toEqual([2_499, 1_500]);
    expect(all[0]?.path).toHaveLength(200);
  });
});
