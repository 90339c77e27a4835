import { connect, type Socket } from 'node:net';
import { messageOf, systemError, type TritonLocalError } from '../base/index.ts';
import { deliver, type EmulatorEvent } from '../events/index.ts';
import { createVerbs, type ServiceControl, type UseKind, VERBS, type VerbName, verbOf } from './contract.ts';
import { MessageReader } from './message-reader.ts';
import {
  fromErrorData,
  MAX_REPLY_BYTES,
  type Method,
  PROTOCOL_VERSION,
  parseReply,
  type Reply,
} from './messages.ts';

/** How long an emulator may take to greet and to answer quick requests before it counts as hanging. */
const ANSWER_LIMIT_MS = 5_000;

/** The control of an emulator in another process. Disposing closes the connection; the emulator keeps running. */
export interface RemoteControl extends ServiceControl, AsyncDisposable {
  /** Process ID of the emulator. */
  readonly pid: number;
  /** Resolves when either side has closed the connection: no more events follow. */
  readonly closed: Promise<void>;
  /** Uses the process until this connection closes. @throws ALREADY_RUNNING */
  join(kind: UseKind): Promise<void>;
}

/**
 * Connects to the control socket of an emulator.
 * @throws CONTROL_UNREACHABLE if nothing answers, CONTROL_VERSION if another version of this program does. The methods
 * throw what the emulator's methods throw, or CONTROL_CLOSED once the connection is closed.
 */
export async function connectControl(socketPath: string): Promise<RemoteControl> {
  const client = new ControlClient(socketPath);
  await client.greeted;
  return {
    ...createVerbs((name, argument) => client.call(name, argument)),
    pid: client.pid,
    closed: client.closed,
    subscribe: (listener) => client.subscribe(listener),
    join: (kind) => client.join(kind),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

interface Waiting {
  readonly method: Method;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: TritonLocalError) => void;
  readonly timer: NodeJS.Timeout | undefined;
}

class ControlClient implements AsyncDisposable {
  readonly greeted: Promise<void>;
  readonly closed: Promise<void>;
  pid = 0;
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<(event: EmulatorEvent) => void>();
  #nextId = 1;
  #onGreeting: ((version: number) => void) | undefined;

  constructor(socketPath: string) {
    this.#socket = connect(socketPath);
    const reader = new MessageReader(
      MAX_REPLY_BYTES,
      (line) => this.#receive(parseReply(line)),
      () => this.#socket.destroy(),
    );
    this.#socket.on('data', (chunk) => reader.push(chunk));
    this.closed = new Promise((resolve) => {
      this.#socket.once('close', () => {
        this.#fail();
        resolve();
      });
    });
    this.greeted = this.#greet(socketPath);
  }

  /** Sends a verb of the contract. */
  call(name: VerbName, argument: unknown): Promise<unknown> {
    const { quick } = verbOf(name);
    const text = argument === undefined ? undefined : String(argument);
    return this.#ask(VERBS[name].method, text, quick ? ANSWER_LIMIT_MS : undefined);
  }

  subscribe(listener: (event: EmulatorEvent) => void): () => void {
    // Wrapped, so that the same function may subscribe twice.
    const own = (event: EmulatorEvent) => listener(event);
    this.#listeners.add(own);
    if (this.#listeners.size === 1) this.#send('subscribe');
    return () => {
      if (this.#listeners.delete(own) && this.#listeners.size === 0) this.#send('unsubscribe');
    };
  }

  async join(kind: UseKind): Promise<void> {
    await this.#ask('join', kind, ANSWER_LIMIT_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.clear();
    this.#socket.destroy();
    await this.closed;
  }

  #greet(socketPath: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (code: string, why: string, cause?: unknown) => {
        clearTimeout(timer);
        this.#socket.destroy();
        reject(systemError(code, `no emulator at ${socketPath}: ${why}`, { cause }));
      };
      const timer = setTimeout(() => fail('CONTROL_UNREACHABLE', 'it does not answer'), ANSWER_LIMIT_MS);
      this.#socket
        .on('error', (error) => fail('CONTROL_UNREACHABLE', messageOf(error), error))
        .once('close', () => fail('CONTROL_UNREACHABLE', 'it closed the connection'));
      this.#onGreeting = (version) => {
        if (version !== PROTOCOL_VERSION) {
          fail('CONTROL_VERSION', `it speaks version ${version}, this terminal ${PROTOCOL_VERSION}`);
          return;
        }
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #receive(reply: Reply | undefined): void {
    if (!reply) this.#socket.destroy();
    else if ('event' in reply) deliver(this.#listeners, reply.event);
    else if ('v' in reply) {
      this.pid = reply.pid;
      this.#onGreeting?.(reply.v);
    } else {
      const waiting = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      clearTimeout(waiting?.timer);
      if ('error' in reply) waiting?.reject(fromErrorData(reply.error));
      // JSON has no undefined.
      else waiting?.resolve(reply.result ?? undefined);
    }
  }

  #ask(method: Method, argument?: string, limitMs?: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (!this.#socket.writable) {
        reject(closedError());
        return;
      }
      const id = this.#nextId;
      this.#nextId += 1;
      const timer = limitMs === undefined ? undefined : setTimeout(() => this.#socket.destroy(), limitMs);
      this.#waiting.set(id, { method, resolve, reject, timer });
      this.#socket.write(`${JSON.stringify({ id, method, argument })}\n`);
    });
  }

  /** Sends what needs no answer: a closed connection has no subscriptions either. */
  #send(method: 'subscribe' | 'unsubscribe'): void {
    this.#ask(method).catch(() => undefined);
  }

  /** The connection is closed. For a pending stop that is success: the process has ended. */
  #fail(): void {
    for (const { method, resolve, reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      if (method === 'stop') resolve(undefined);
      else reject(closedError());
    }
    this.#waiting.clear();
  }
}

function closedError(): TritonLocalError {
  return systemError('CONTROL_CLOSED', 'the connection to the emulator is closed', {
    hint: 'it may have ended; triton-local ps lists those that run',
  });
}
