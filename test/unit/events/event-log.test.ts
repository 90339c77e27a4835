import { appendFile, mkdtemp, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventBus, EventLog, readEventLog } from '../../../src/events/index.ts';

let directory: string;
let file: string;
let bus: EventBus;
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'tl-event-log-'));
  file = path.join(directory, 'logs', 'one.jsonl');
  bus = new EventBus();
});
afterEach(() => rm(directory, { recursive: true }));

const say = (text: string) => bus.emit({ type: 'log.line', source: 'emulator', level: 'info', text });
const texts = async () => {
  const found: string[] = [];
  for await (const event of readEventLog(file)) if (event.type === 'log.line') found.push(event.text);
  return found;
};

describe('the event log', () => {
  it('gives back every event in order', async () => {
    {
      using _log = new EventLog(file, bus);
      say('one');
      say('two\nlines');
    }
    expect(await texts()).toEqual(['one', 'two\nlines']);
  });

  it('keeps the newest within its limit', async () => {
    {
      using _log = new EventLog(file, bus, 2_000);
      for (let line = 0; line < 100; line += 1) {
        say(`line ${line}`);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    const held = await texts();
    expect(held.at(-1)).toBe('line 99');
    expect(held.length).toBeLessThan(50);
    expect((await stat(file)).size).toBeLessThanOrEqual(2_000);
  });

  it('starts again with the next emulator', async () => {
    for (const text of ['first run', 'second run']) {
      using _log = new EventLog(file, bus);
      say(text);
    }
    expect(await texts()).toEqual(['second run']);
  });

  it('passes over a line that a crash has torn', async () => {
    {
      using _log = new EventLog(file, bus);
      say('whole');
    }
    await appendFile(file, '{"v":1,"seq":2,"ty');
    expect(await texts()).toEqual(['whole']);
  });

  it('is empty if there is no file', async () => {
    expect(await texts()).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')('is for its owner only', async () => {
    {
      using _log = new EventLog(file, bus);
    }
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });
});
