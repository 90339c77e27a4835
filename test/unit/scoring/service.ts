import type { RequestListener } from 'node:http';
import { createConsole } from '../../../src/console/index.ts';
import {
  type EmulatorState,
  type EventBody,
  EventBus,
  EventHistory,
  type HistoryLimits,
  initialState,
  RequestHistory,
  RequestMeter,
} from '../../../src/events/index.ts';
import type { ScoreOutcome, ScorePool, ScoreRequest, ScriptSwagger } from '../../../src/python/index.ts';
import {
  type ScoringServer,
  type ScoringServerOptions,
  type ScoringSource,
  type SenderLimits,
  startScoringServer,
} from '../../../src/scoring/index.ts';

type Score = (request: ScoreRequest, signal: AbortSignal) => Promise<ScoreOutcome> | ScoreOutcome;

/** A pool without processes: each request is answered by `score`, and remembered. */
export class FakePool implements ScorePool {
  readonly generation: number;
  readonly requests: ScoreRequest[] = [];
  readonly swagger: ScriptSwagger = {
    service: { name: 'ML service', version: '1.0', pathPrefix: '' },
    generated: ['2', '3', '3.1'],
    input: '{"type":"object","example":{}}',
    output: '{"type":"object","example":{}}',
    written: {},
  };
  readonly #score: Score;

  constructor(score: Score = () => reply('"ok"'), generation = 1) {
    this.#score = score;
    this.generation = generation;
  }

  workers() {
    return [{ pid: 42, state: 'ready' as const, busy: false }];
  }

  async score(request: ScoreRequest, signal: AbortSignal): Promise<ScoreOutcome> {
    this.requests.push(request);
    return this.#score(request, signal);
  }

  async drain(): Promise<boolean> {
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

type Reply = Extract<ScoreOutcome, { kind: 'reply' }>;

export function reply(body: string, rest: Partial<Reply> = {}): Reply {
  return {
    kind: 'reply',
    status: 200,
    headers: [['Content-Type', 'application/json']],
    body: Buffer.from(body),
    runFunctionFailed: false,
    runReturned: true,
    queueMs: 0.5,
    runMs: 0.0703,
    ...rest,
  };
}

export interface TestService extends AsyncDisposable {
  readonly port: number;
  readonly server: ScoringServer;
  readonly events: EventBody[];
  /** Where the service's events go, and from where the console reads them. */
  readonly bus: EventBus;
  readonly requests: RequestHistory;
  /** What the console asked of the emulator, as `VERB ARGUMENT`. */
  readonly actions: string[];
  readonly source: ScoringSource & {
    current: ScorePool | undefined;
    failed: string | undefined;
    refused: string | undefined;
    now: EmulatorState;
  };
  requestEvents(): Extract<EventBody, { type: 'scoring.request' }>[];
}

/** What the console reads besides the service's own source. */
interface ConsoleParts {
  readonly limits?: HistoryLimits;
  readonly engine?: RequestListener;
  readonly sample?: string;
  /** Called when the console asks for an action; may throw. */
  readonly onAction?: (name: string) => Promise<void>;
}

export async function startService(
  pool: ScorePool | undefined = new FakePool(),
  rest: Partial<ScoringServerOptions> = {},
  senders?: SenderLimits,
  parts: ConsoleParts = {},
): Promise<TestService> {
  const events: EventBody[] = [];
  const bus = new EventBus();
  const requests = new RequestHistory(bus);
  const actions: string[] = [];
  const act = (name: string) => async (argument?: string) => {
    actions.push(argument === undefined ? name : `${name} ${argument}`);
    await parts.onAction?.(name);
  };
  const source = {
    current: pool,
    failed: undefined as string | undefined,
    now: initialState,
    pool: () => source.current,
    refused: undefined as string | undefined,
    refusal: () => source.refused,
    onScore: () => undefined,
    failure: () => source.failed,
    state: () => source.now,
  };
  const server = await startScoringServer(
    {
      host: '127.0.0.1',
      port: 0,
      deployment: 'script',
      engine: undefined,
      console: createConsole({
        ...source,
        history: new EventHistory(bus, parts.limits),
        requests,
        meter: new RequestMeter(bus, requests),
        sample: () => parts.sample,
        engine: parts.engine ?? ((_request, response) => void response.end()),
        actions: {
          reload: act('reload'),
          pause: act('pause'),
          resume: act('resume'),
          pin: act('pin'),
          unpin: act('unpin'),
        },
      }),
      keys: [],
      corsOrigins: [],
      dialect: 'current',
      profile: undefined,
      serverVersion: 'azmlinfsrv/1.5.1',
      source,
      events: {
        emit: (event) => {
          events.push(event);
          bus.emit(event);
        },
      },
      ...rest,
    },
    senders,
  );
  return {
    port: server.port,
    server,
    events,
    bus,
    requests,
    actions,
    source,
    requestEvents: () => events.filter((event) => event.type === 'scoring.request'),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
