// What stands between a caller and the container in the cloud
// (docs/reference/azureml.md#limits-and-statuses-of-online-endpoints,
// docs/reference/azureml.md#what-differs-in-the-cloud).
import { Agent, type RequestListener, request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { ScoreOutcome } from '../../../src/python/index.ts';
import { type CloudProfile, cloudProfile } from '../../../src/scoring/index.ts';
import { ask, exchangeBytes, open, requestText } from './raw-http.ts';
import { FakePool, reply, startService, type TestService } from './service.ts';

let service: TestService;
afterEach(() => service?.[Symbol.asyncDispose]());

const profileOf = (name: 'aks' | 'managed', change: Partial<CloudProfile> = {}): CloudProfile => {
  const profile = cloudProfile(name);
  if (!profile) throw new Error('no such profile');
  return { ...profile, ...change };
};
const score = (extra: readonly string[] = []) =>
  ask(service.port, requestText('POST', '/score', extra, '{}'));

/** A pool whose requests are answered when the test says so. */
class HeldPool extends FakePool {
  readonly held: ((outcome: ScoreOutcome) => void)[] = [];
  constructor() {
    super(() => new Promise((resolve) => this.held.push(resolve)));
  }
}

it('has no profile unless asked', () => {
  expect(cloudProfile('none')).toBeUndefined();
});

it("takes a deployment's own limits, and names them", async () => {
  const profile = cloudProfile('managed', { timeoutMs: 40, concurrent: 3, waitMs: 7 });
  expect(profile).toMatchObject({ deadlineMs: 40, concurrent: 3, maxWaiting: 3, maxWaitMs: 7 });
  expect(profile?.late.text).toContain('(40 ms)');
  expect(profile?.overloaded.text).toMatch(/\(3\).*\(7 ms\)/);
  expect(cloudProfile('aks', { timeoutMs: 40 })).toMatchObject({ deadlineMs: 40, concurrent: 1 });
});

describe('the status of a failure', () => {
  it.each([
    ['aks', 500, 502],
    ['aks', 400, 400],
    ['aks', 503, 503],
    ['aks', 200, 200],
    ['managed', 500, 424],
    ['managed', 400, 424],
    ['managed', 503, 424],
    ['managed', 201, 201],
  ] as const)('on %s: %i of the script is %i', async (name, status, told) => {
    const made = { status, runFunctionFailed: undefined, runReturned: false };
    service = await startService(new FakePool(() => reply('{"a": 1}', made)), { profile: profileOf(name) });
    const answer = await score();
    expect([answer.status, answer.body.toString()]).toEqual([told, '{"a": 1}']);
    const [event] = service.requestEvents();
    expect(event?.status).toBe(told);
    expect(event?.reason).toEqual(
      told === status ? undefined : expect.stringContaining(`the service answered ${status}`),
    );
    if (told === 424) {
      expect(answer.header('ms-azureml-model-error-statuscode')).toBe(String(status));
      expect(answer.header('ms-azureml-model-error-reason')).toBeTruthy();
    }
  });

  it('covers a lost worker, an unknown path and a wrong method', async () => {
    const lost = new FakePool(() => ({ kind: 'lost', reason: 'killed', queueMs: 0, runMs: 0 }));
    service = await startService(lost, { profile: profileOf('managed') });
    expect((await score()).status).toBe(424);
    const unknown = await ask(service.port, requestText('GET', '/nowhere'));
    expect([unknown.status, unknown.header('ms-azureml-model-error-statuscode')]).toEqual([424, '404']);
    expect((await ask(service.port, requestText('GET', '/'))).status).toBe(200);
  });
});

describe('a late answer', () => {
  it.each([
    ['aks', 504],
    ['managed', 408],
  ] as const)('is %s: %i, as text that names the limit; the script keeps running', async (name, status) => {
    const pool = new HeldPool();
    service = await startService(pool, { profile: profileOf(name, { deadlineMs: 30 }) });
    const answer = await score();
    expect(answer.status).toBe(status);
    expect(answer.header('content-type')).toBe('text/plain');
    expect(answer.body.toString()).toMatch(/was not answered within/);
    expect(service.requestEvents()).toMatchObject([
      { status, reason: expect.stringMatching(/not answered within/) },
    ]);
    pool.held[0]?.(reply('"late"'));
    expect((await ask(service.port, requestText('GET', '/'))).status).toBe(200);
    expect(service.requestEvents()).toHaveLength(1);
    expect(service.events.filter((event) => event.type === 'log.line')).toEqual([]);
  });

  it('counts a body that comes slowly', async () => {
    service = await startService(new FakePool(), { profile: profileOf('managed', { deadlineMs: 30 }) });
    const head = 'POST /score HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{';
    expect((await exchangeBytes(service.port, head))?.status).toBe(408);
  });
});

describe('too many requests', () => {
  it('never run a request that was answered late while it waited, on a connection that stays open', async () => {
    const pool = new HeldPool();
    const profile = profileOf('managed', { deadlineMs: 60, maxWaitMs: 60_000 });
    service = await startService(pool, { profile });
    const agent = new Agent({ keepAlive: true });
    const post = () =>
      new Promise<number>((resolve, reject) => {
        const body = '{}';
        const sent = request({ port: service.port, method: 'POST', path: '/score', agent }, (answer) => {
          answer.resume().once('end', () => resolve(answer.statusCode ?? 0));
        });
        sent.once('error', reject).end(body);
      });
    const statuses = await Promise.all([post(), post()]);
    expect(statuses).toEqual([408, 408]);
    pool.held[0]?.(reply('1'));
    const third = post();
    await expect.poll(() => pool.held.length).toBe(2);
    pool.held[1]?.(reply('2'));
    expect(await third).toBe(200);
    expect(pool.held).toHaveLength(2);
    agent.destroy();
  });

  it('wait for their turn, one at a time', async () => {
    const pool = new HeldPool();
    service = await startService(pool, { profile: profileOf('managed', { maxWaitMs: 60_000 }) });
    const first = score();
    await expect.poll(() => pool.held.length).toBe(1);
    const second = score();
    // A third finds the queue full, so the second stands in it.
    await expect.poll(async () => (await score()).status).toBe(429);
    expect(pool.held).toHaveLength(1);
    pool.held[0]?.(reply('1'));
    expect((await first).status).toBe(200);
    await expect.poll(() => pool.held.length).toBe(2);
    pool.held[1]?.(reply('2'));
    expect((await second).body.toString()).toBe('2');
  });

  it.each([
    ['aks', 503],
    ['managed', 429],
  ] as const)('on %s are %i when they have waited too long', async (name, status) => {
    const pool = new HeldPool();
    service = await startService(pool, { profile: profileOf(name, { maxWaitMs: 20 }) });
    const first = score();
    await expect.poll(() => pool.held.length).toBe(1);
    const answer = await score(['x-request-id: B']);
    expect([answer.status, answer.header('content-type')]).toEqual([status, 'text/plain']);
    expect(service.requestEvents()).toMatchObject([
      { id: name === 'aks' ? 'B' : expect.stringMatching(/^[0-9a-f-]{36}$/), status },
    ]);
    expect(pool.requests).toHaveLength(1);
    pool.held[0]?.(reply('1'));
    expect((await first).status).toBe(200);
    const again = score();
    await expect.poll(() => pool.held.length).toBe(2);
    pool.held[1]?.(reply('3'));
    expect((await again).status).toBe(200);
  });

  it('lose their place when their caller leaves', async () => {
    const pool = new HeldPool();
    service = await startService(pool, { profile: profileOf('managed', { maxWaitMs: 60_000 }) });
    const first = score();
    await expect.poll(() => pool.held.length).toBe(1);
    const socket = await open(service.port);
    socket.write(requestText('POST', '/score', [], '{}'));
    await expect.poll(async () => (await score()).status).toBe(429);
    socket.resetAndDestroy();
    await expect.poll(() => service.requestEvents().some(({ status }) => status === 499)).toBe(true);
    pool.held[0]?.(reply('1'));
    await first;
    expect(pool.requests).toHaveLength(1);
  });
});

describe('what managed endpoints do to headers', () => {
  it('names the deployment in every answer, that to a wrong key included', async () => {
    service = await startService(new FakePool(), { profile: profileOf('managed'), keys: ['k'] });
    expect((await score()).header('azureml-model-deployment')).toBe('default');
    expect((await score(['Authorization: Bearer k'])).header('azureml-model-deployment')).toBe('default');
  });

  it("gives each request an id of its own, and cleans the client's", async () => {
    const pool = new FakePool();
    service = await startService(pool, { profile: profileOf('managed') });
    const long = 'a'.repeat(60);
    const answer = await score(['x-request-id: mine', `x-ms-client-request-id: a b/${long}`]);
    expect(answer.header('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(answer.header('x-ms-client-request-id')).toBe(`ab${long}`.slice(0, 40));
    expect(pool.requests[0]?.id).toBe(answer.header('x-request-id'));
  });
});

it('refuses bodies beyond what the front end of AKS takes, before they are sent', async () => {
  service = await startService(new FakePool(), { profile: profileOf('aks') });
  const head = `POST /score HTTP/1.1\r\nHost: a\r\nContent-Length: ${101 * 1024 * 1024}\r\n\r\n`;
  const answer = await exchangeBytes(service.port, head);
  expect([answer?.status, answer?.header('connection')]).toEqual([413, 'close']);
});

describe('without a script', () => {
  const startBefore = async (engine: RequestListener, change: Partial<CloudProfile> = {}) => {
    service = await startService(undefined, {
      deployment: 'no-code',
      engine,
      profile: profileOf('managed', change),
    });
    service.source.current = undefined;
  };
  const infer = () => ask(service.port, requestText('POST', '/v2/models/m/infer', [], '{}'));

  it("reports the engine's failure as the front end does", async () => {
    await startBefore((_request, response) => {
      response.writeHead(400, { 'Content-Type': 'application/json', 'Content-Length': 12 });
      response.end('{"error":""}');
    });
    const answer = await infer();
    expect([answer.status, answer.body.toString()]).toEqual([424, '{"error":""}']);
    expect(answer.header('content-type')).toBe('application/json');
    expect(answer.header('ms-azureml-model-error-statuscode')).toBe('400');
  });

  it('answers in the place of an engine that is late, which is not heard any more', async () => {
    let late = () => {};
    await startBefore(
      (_request, response) => {
        late = () => {
          if (!response.headersSent) response.writeHead(200);
          response.end('late');
        };
      },
      { deadlineMs: 30 },
    );
    const answer = await infer();
    late();
    expect(answer.status).toBe(408);
    expect(answer.body.toString()).toMatch(/was not answered within/);
  });
});
