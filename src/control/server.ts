import { chmod } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { messageOf, systemError, userError } from '../base/index.ts';
import type { ProcessControl, ServiceControl } from './contract.ts';
import { MessageReader } from './message-reader.ts';
import {
  MAX_REQUEST_BYTES,
  PROTOCOL_VERSION,
  parseRequest,
  type Reply,
  type Request,
  toErrorData,
} from './messages.ts';

const MAX_TERMINALS = 32;
const MAX_PENDING = 64;
/** A terminal asks for something as soon as it is greeted; one that does not takes the place of another. */
const SILENT_LIMIT_MS = 10_000;
/** A terminal that leaves more than this unread is cut off: events must not pile up here for one that hangs. */
const MAX_BACKLOG_BYTES = 4 * 1024 * 1024;

/**
 * Lets other terminals of this user talk to `control`. The socket is the owner's alone (0600; its folder is the
 * caller's to make 0700). On Windows the default rights of a pipe let only its owner and administrators write, but
 * everybody read: others get no further than the greeting, and a terminal that asks for nothing is cut off.
 *
 * Ending closes the socket at once, also for terminals that wait for a reload. Those that asked for the stop stay
 * connected until it is done, without being waited for: the stop is what ends us.
 * @throws CONTROL_UNAVAILABLE where the socket cannot be made.
 */
export async function serveControl(
  control: ProcessControl | ServiceControl,
  socketPath: string,
): Promise<AsyncDisposable> {
  const terminals = new Set<Terminal>();
  const server = createServer((socket) => {
    const terminal = new Terminal(control, socket);
    terminals.add(terminal);
    socket.once('close', () => terminals.delete(terminal));
  });
  server.maxConnections = MAX_TERMINALS;
  await listenAt(server, socketPath);

  let ended: Promise<void> | undefined;
  return {
    [Symbol.asyncDispose]() {
      ended ??= end(server, terminals);
      return ended;
    },
  };
}

async function listenAt(server: Server, socketPath: string): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(socketPath, () => {
        server.off('error', reject);
        resolve();
      });
    });
    // A connection that cannot be accepted (no file handles left, say) is that terminal's misfortune, not our end.
    server.on('error', () => undefined);
    if (process.platform !== 'win32') await chmod(socketPath, 0o600);
  } catch (cause) {
    server.close();
    throw systemError('CONTROL_UNAVAILABLE', `no control socket at ${socketPath}: ${messageOf(cause)}`, {
      cause,
    });
  }
}

async function end(server: Server, terminals: ReadonlySet<Terminal>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  let stopping = false;
  for (const terminal of terminals) if (!terminal.hangUp()) stopping = true;
  if (!stopping) await closed;
}

/** One connected terminal. */
class Terminal {
  readonly #control: ProcessControl | ServiceControl;
  readonly #socket: Socket;
  #unsubscribe: (() => void) | undefined;
  #pending = 0;
  #stopping = 0;

  constructor(control: ProcessControl | ServiceControl, socket: Socket) {
    this.#control = control;
    this.#socket = socket;
    const reader = new MessageReader(
      MAX_REQUEST_BYTES,
      (line) => this.#receive(line),
      () => socket.destroy(),
    );
    socket
      .on('data', (chunk) => reader.push(chunk))
      .on('error', () => socket.destroy())
      .on('close', () => this.#unsubscribe?.());
    socket.setTimeout(SILENT_LIMIT_MS, () => socket.destroy());
    this.#send({ v: PROTOCOL_VERSION, pid: process.pid });
  }

  /** Ends the connection, unless its terminal waits for the stop; then it no longer holds the process, and false. */
  hangUp(): boolean {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    if (this.#stopping === 0) {
      this.#socket.destroySoon();
      // What a terminal does not read must not hold us; what it reads was sent before.
      setImmediate(() => this.#socket.destroy());
      return true;
    }
    this.#socket.unref();
    return false;
  }

  #receive(line: string): void {
    let request: Request;
    try {
      request = parseRequest(line);
    } catch {
      // Whoever speaks something else cannot be answered in a way that they understand.
      this.#socket.destroy();
      return;
    }
    if (this.#pending >= MAX_PENDING) {
      this.#socket.destroy();
      return;
    }
    this.#socket.setTimeout(0);
    this.#pending += 1;
    void this.#answer(request);
  }

  async #answer(request: Request): Promise<void> {
    const { id, method } = request;
    if (method === 'stop') this.#stopping += 1;
    let reply: Reply;
    try {
      reply = { id, result: (await this.#perform(request)) ?? null };
    } catch (error) {
      reply = { id, error: toErrorData(error) };
    }
    this.#pending -= 1;
    this.#send(reply);
    if (method !== 'stop') return;
    this.#stopping -= 1;
    if ('result' in reply) this.#socket.end();
  }

  #perform({ method, argument }: Request): Promise<unknown> | undefined {
    switch (method) {
      case 'state':
        return this.#control.state();
      case 'reload':
        return this.#emulator(method).reload(argument);
      case 'publish':
        return this.#emulator(method).publish(Number(argument));
      case 'rekey':
        return this.#emulator(method).rekey();
      case 'pause':
        return this.#emulator(method).pause();
      case 'resume':
        return this.#emulator(method).resume();
      case 'pin':
        return this.#emulator(method).pin();
      case 'unpin':
        return this.#emulator(method).unpin();
      case 'access-key':
        return this.#emulator(method).accessKey();
      case 'skip-download':
        return this.#emulator(method).skipDownload();
      case 'stop':
        return this.#control.stop(argument ?? 'asked to');
      case 'subscribe':
        this.#unsubscribe ??= this.#control.subscribe((event) => this.#send({ event }));
        return undefined;
      case 'unsubscribe':
        this.#unsubscribe?.();
        this.#unsubscribe = undefined;
        return undefined;
    }
  }

  /** Only an emulator can be reloaded, paused or moved; the door of an endpoint cannot. */
  #emulator(method: Request['method']): ServiceControl {
    if ('reload' in this.#control) return this.#control;
    throw userError('CONTROL_UNSUPPORTED', `this process is no emulator: it takes no "${method}"`, {
      hint: 'the deployments behind an endpoint are emulators of their own: triton-local ps',
    });
  }

  #send(reply: Reply): void {
    if (!this.#socket.writable) return;
    if (this.#socket.writableLength > MAX_BACKLOG_BYTES) this.#socket.destroy();
    else this.#socket.write(`${JSON.stringify(reply)}\n`);
  }
}
