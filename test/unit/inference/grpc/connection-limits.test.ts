import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConnectionLimits } from '../../../../src/inference/grpc/connection-limits.ts';
import { readTritonArguments } from '../../../../src/inference/triton-arguments.ts';

/** Notes what is done to it; pings are acknowledged by the test. */
class Connection {
  isClosed = false;
  readonly done: string[] = [];
  readonly pings: (() => void)[] = [];

  ping(onAcknowledged: () => void): void {
    this.done.push('ping');
    this.pings.push(onAcknowledged);
  }

  close(): void {
    this.done.push('close');
  }

  closeWith(code: number, text: string): void {
    this.done.push(`close with ${code} ${text}`.trim());
    this.isClosed = true;
  }
}

/** Ends of calls, by their messages. */
function callIn(connection: ConnectionLimits): string[] {
  const ends: string[] = [];
  const call = {
    fail(error: unknown) {
      ends.push(error instanceof Error ? error.message : '');
      connection.calls.delete(call);
    },
  };
  connection.take(call);
  return ends;
}

describe('a connection of gRPC', () => {
  let connection: Connection;
  let limits: ConnectionLimits;
  beforeEach(() => {
    vi.useFakeTimers();
    connection = new Connection();
  });
  afterEach(() => {
    limits[Symbol.dispose]();
    vi.useRealTimers();
  });

  function connect(...args: string[]): ConnectionLimits {
    const settings = readTritonArguments(args.map((argument) => `--grpc-${argument}`)).grpc.connection;
    limits = new ConnectionLimits(connection, settings);
    return limits;
  }

  /** @returns how many pings, so far apart, the client may send */
  function pingsTaken(everyMs: number): number {
    for (let sent = 0; sent < 20; sent += 1) {
      limits.takePing();
      if (connection.isClosed) return sent;
      vi.advanceTimersByTime(everyMs);
    }
    return 20;
  }

  it.each([
    ['an idle client', [], 60_000, 3],
    ['an idle client that waits two hours', [], 7_200_000, 20],
    ['an idle client, with another interval', ['http2-min-recv-ping-interval-without-data=10'], 60_000, 3],
    ['more strikes', ['http2-max-ping-strikes=5'], 60_000, 6],
    ['any number of strikes', ['http2-max-ping-strikes=0'], 0, 20],
    ['permission without calls', ['keepalive-permit-without-calls=true'], 299_999, 3],
    ['permission without calls and the interval', ['keepalive-permit-without-calls=true'], 300_000, 20],
  ])('takes the pings of %s', (_what, args, everyMs, expected) => {
    connect(...args);
    expect(pingsTaken(everyMs)).toBe(expected);
  });

  it.each([
    [299_999, 3],
    [300_000, 20],
  ])('takes a ping every %i ms during a call %i times', (everyMs, expected) => {
    callIn(connect('keepalive-time=2000000000'));
    expect(pingsTaken(everyMs)).toBe(expected);
  });

  it('forgets strikes when something is sent', () => {
    connect();
    for (let times = 0; times < 10; times += 1) {
      for (let pings = 0; pings < 3; pings += 1) limits.takePing();
      limits.hasSent();
    }
    expect(connection.done).toEqual([]);
  });

  it('ends its calls with too many pings', () => {
    const ends = callIn(connect());
    pingsTaken(0);
    expect(ends).toEqual(['Too many pings']);
    expect(connection.done).toEqual(['close with 11 too_many_pings']);
  });

  it('pings a silent client during a call', () => {
    const ends = callIn(connect('keepalive-time=1000', 'keepalive-timeout=400'));
    vi.advanceTimersByTime(1_000);
    connection.pings[0]?.();
    vi.advanceTimersByTime(999);
    expect(connection.pings).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(connection.pings).toHaveLength(2);
    expect(ends).toEqual([]);
  });

  it('gives up a client that does not acknowledge a ping', () => {
    const ends = callIn(connect('keepalive-time=1000', 'keepalive-timeout=400'));
    vi.advanceTimersByTime(1_399);
    expect(ends).toEqual([]);
    vi.advanceTimersByTime(2);
    expect(ends).toEqual(['keepalive watchdog timeout']);
  });

  it('does not ping an idle client', () => {
    connect('keepalive-time=1000');
    vi.advanceTimersByTime(60_000);
    expect(connection.done).toEqual([]);
  });

  it('lets calls end when it is old, for as long as the grace allows', () => {
    const ends = callIn(connect('max-connection-age=1000', 'max-connection-age-grace=500'));
    vi.advanceTimersByTime(899);
    expect(connection.done).toEqual([]);
    vi.advanceTimersByTime(202);
    expect(connection.done).toEqual(['close']);
    expect(ends).toEqual([]);
    vi.advanceTimersByTime(500);
    expect(ends).toEqual(['enter idle']);
  });
});
