import { connect, type Socket } from 'node:net';
import { messageOf, systemError, type TritonLocalError } from '../base/index.ts';
import { deliver, type EmulatorEvent, type EmulatorState } from '../events/index.ts';
import type { ServiceControl } from './contract.ts';
import { MessageReader } from './message-reader.ts';
import {
  fromErrorData,
  MAX_REPLY_BYTES,
  type Method,
  PROTOCOL_VERSION,
  parseReply,
  type Reply,
} from './messages.ts';

/** How long an emulator may take to greet, and to tell its state: longer, and it hangs. */
const ANSWER_LIMIT_MS = 5_000;

/** The control of an emulator in another process. Ending hangs up; the emulator goes on. */
export interface RemoteControl extends ServiceControl, AsyncDisposable {
  /** Process number of the emulator. */
  readonly pid: number;
  /** Resolves when the connection is gone, whoever ended it: no event comes any more. */
  readonly closed: Promise<void>;
}

/**
 * Connects to the control socket of an emulator.
 * @throws CONTROL_UNREACHABLE where nobody answers, CONTROL_VERSION where another version of this program does. Its
 * methods throw what the emulator's throw, and CONTROL_CLOSED once the connection is gone.
 */
export async function connectControl(socketPath: string): Promise<RemoteControl> {
  const client = new ControlClient(socketPath);
  await client.greeted;
  return client;
}

interface Waiting {
  readonly method: Method;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: TritonLocalError) => void;
  readonly timer: NodeJS.Timeout | undefined;
}

class ControlClient implements RemoteControl {
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

  async state(): Promise<EmulatorState> {
    return (await this.#ask('state', undefined, ANSWER_LIMIT_MS)) as EmulatorState;
  }

  async reload(model?: string): Promise<void> {
    await this.#ask('reload', model);
  }

  async publish(port: number): Promise<void> {
    await this.#ask('publish', String(port));
  }

  async rekey(): Promise<void> {
    await this.#ask('rekey');
  }

  async pause(): Promise<void> {
    await this.#ask('pause', undefined, ANSWER_LIMIT_MS);
  }

  async resume(): Promise<void> {
    await this.#ask('resume', undefined, ANSWER_LIMIT_MS);
  }

  async pin(): Promise<void> {
    await this.#ask('pin');
  }

  async unpin(): Promise<void> {
    await this.#ask('unpin', undefined, ANSWER_LIMIT_MS);
  }

  async accessKey(): Promise<string | undefined> {
    const key = await this.#ask('access-key', undefined, ANSWER_LIMIT_MS);
    return typeof key === 'string' ? key : undefined;
  }

  async skipDownload(): Promise<void> {
    await this.#ask('skip-download', undefined, ANSWER_LIMIT_MS);
  }

  async stop(reason: string): Promise<void> {
    await this.#ask('stop', reason);
  }

  subscribe(listener: (event: EmulatorEvent) => void): () => void {
    // Wrapped, so that one function may be given twice, as on the bus in process.
    const own = (event: EmulatorEvent) => listener(event);
    this.#listeners.add(own);
    if (this.#listeners.size === 1) this.#tell('subscribe');
    return () => {
      if (this.#listeners.delete(own) && this.#listeners.size === 0) this.#tell('unsubscribe');
    };
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
        .once('close', () => fail('CONTROL_UNREACHABLE', 'it hung up'));
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
      else waiting?.resolve(reply.result);
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

  /** For what needs no answer: a connection that is gone has no subscriptions either. */
  #tell(method: 'subscribe' | 'unsubscribe'): void {
    this.#ask(method).catch(() => undefined);
  }

  /** The connection is gone. For who waits for the stop, that is the end they waited for: the process is no more. */
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
  return systemError('CONTROL_CLOSED', 'the connection to the emulator is gone', {
    hint: 'it may have ended; triton-local ps lists those that run',
  });
}
