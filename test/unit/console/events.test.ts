import { get } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventBus } from '../../../src/events/index.ts';
import { ask, open, requestText } from '../scoring/raw-http.ts';
import { startService, type TestService } from '../scoring/service.ts';
import { EventReader } from './event-reader.ts';

let service: TestService;
beforeEach(async () => {
  service = await startService(undefined, {}, undefined, { limits: { events: 20, bytes: 10_000_000 } });
});
afterEach(() => service[Symbol.asyncDispose]());

function log(bus: EventBus, ...texts: readonly string[]): void {
  for (const text of texts) bus.emit({ type: 'log.line', source: 'script', level: 'info', text });
}

describe('GET /_triton-local/events', () => {
  it('streams each event with its seq as id, those held first', async () => {
    log(service.bus, 'one', 'two\nü ☃');
    using reader = await EventReader.open(service.port);
    expect(reader.head.statusCode).toBe(200);
    expect(reader.head.headers['content-type']).toBe('text/event-stream');
    expect(reader.head.headers['cache-control']).toBe('no-store');
    await reader.until(() => reader.messages.length === 2);
    log(service.bus, 'three');
    await reader.until(() => reader.messages.length === 3);
    expect(reader.messages.map(({ id, event }) => [id, event?.seq, event?.text])).toEqual([
      [1, 1, 'one'],
      [2, 2, 'two\nü ☃'],
      [3, 3, 'three'],
    ]);
    expect(Object.keys(reader.messages[0]?.event ?? {})).toEqual([
      'v',
      'seq',
      'time',
      'type',
      'source',
      'level',
      'text',
    ]);
  });

  it('begins after ?since, or after Last-Event-ID, which a browser sends when it connects again', async () => {
    log(service.bus, 'one', 'two', 'three');
    using since = await EventReader.open(service.port, '?since=2');
    using last = await EventReader.open(service.port, '?since=0', { 'Last-Event-ID': '1' });
    await since.until(() => since.sequence.length === 1);
    await last.until(() => last.sequence.length === 2);
    expect([since.sequence, last.sequence]).toEqual([[3], [2, 3]]);
  });

  it('gives a reader of an earlier process everything that is held', async () => {
    log(service.bus, 'one');
    using reader = await EventReader.open(service.port, '?since=99');
    await reader.until(() => reader.sequence.length === 1);
    expect(reader.sequence).toEqual([1]);
  });

  it('says in a comment which events are no longer held', async () => {
    log(service.bus, ...Array.from({ length: 30 }, (_, index) => `line ${index}`));
    using reader = await EventReader.open(service.port, '?since=5');
    await reader.until(() => reader.sequence.length === 20);
    expect(reader.messages[0]).toEqual({ comment: 'events 6 to 10 are no longer held' });
    expect(reader.sequence).toEqual(Array.from({ length: 20 }, (_, index) => index + 11));
  });

  it('lets a slow reader lose events rather than keep them for it', async () => {
    const socket = await open(service.port);
    socket.write(requestText('GET', '/_triton-local/events'));
    let received = '';
    socket.setEncoding('utf8');
    await new Promise<void>((resolve) => {
      socket.on('data', (piece) => {
        received += piece;
        if (received.includes('retry:')) resolve();
      });
    });
    socket.pause();
    const wide = 'x'.repeat(200_000);
    // More than the buffers of a connection hold; each turn of the event loop lets the server write.
    for (let index = 0; index < 200; index += 1) {
      log(service.bus, wide);
      await new Promise((resolve) => setImmediate(resolve));
    }
    log(service.bus, 'the last');
    socket.resume();
    await new Promise<void>((resolve) => {
      socket.on('data', () => received.includes('the last') && resolve());
    });
    socket.destroy();
    expect(received).toMatch(/: events \d+ to \d+ are no longer held/);
    expect(received.split('\nid: ').length).toBeLessThan(200);
  });

  it('ends with the emulator, after the event that says so', async () => {
    using reader = await EventReader.open(service.port);
    log(service.bus, 'one');
    service.bus.emit({ type: 'emulator.stopping', reason: 'Ctrl+C' });
    await reader.end();
    expect(reader.messages.at(-1)?.event).toMatchObject({ type: 'emulator.stopping' });
    // The service closes without waiting for its readers.
    await service[Symbol.asyncDispose]();
  });

  it('refuses more readers than it has places for, and forgets those that disconnect', async () => {
    const readers: EventReader[] = [];
    for (let count = 0; count < 32; count += 1) readers.push(await EventReader.open(service.port));
    const refused = await ask(service.port, requestText('GET', '/_triton-local/events'));
    expect([refused.status, JSON.parse(refused.body.toString())]).toEqual([
      503,
      { message: 'There are already 32 readers of the events.' },
    ]);
    for (const reader of readers) reader[Symbol.dispose]();
    await expect.poll(() => statusOf(service.port)).toBe(200);
  });

  it.each(['-1', 'x', '1.5', '', '1&since=2', '9'.repeat(16)])('refuses since=%s', async (since) => {
    const answer = await ask(service.port, requestText('GET', `/_triton-local/events?since=${since}`));
    expect([answer.status, answer.header('content-type')]).toEqual([400, 'application/json']);
  });

  it('answers HEAD with the head alone, and refuses foreign senders', async () => {
    const head = await ask(service.port, requestText('HEAD', '/_triton-local/events'));
    expect([head.status, head.header('content-type')]).toEqual([200, 'text/event-stream']);
    const foreign = requestText('GET', '/_triton-local/events', ['Origin: http://evil.test']);
    expect((await ask(service.port, foreign)).status).toBe(403);
    const image = requestText('GET', '/_triton-local/events', [
      'Sec-Fetch-Site: cross-site',
      'Sec-Fetch-Mode: no-cors',
    ]);
    expect((await ask(service.port, image)).status).toBe(403);
  });
});

/** The status of a request for the events, which is then abandoned. */
function statusOf(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = get(`http://127.0.0.1:${port}/_triton-local/events`, { agent: false }, (head) => {
      resolve(head.statusCode);
      head.destroy();
    });
    request.on('error', reject);
  });
}
