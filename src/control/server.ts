import { chmod } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { messageOf, systemError, userError } from '../base/index.ts';
import {
  callVerb,
  type ProcessControl,
  type ServiceControl,
  USE_KINDS,
  VERB_NAMES,
  VERBS,
  type VerbName,
  verbOf,
} from './contract.ts';
import { MessageReader } from './message-reader.ts';
import {
  MAX_REQUEST_BYTES,
  PROTOCOL_VERSION,
  parseRequest,
  type Reply,
  type Request,
  toErrorData,
} from './messages.ts';

const MAX_TERMINALS = 256;
const MAX_PENDING = 64;
/** A terminal sends a request as soon as it is greeted; if not, it is disconnected to make room for others. */
const SILENT_LIMIT_MS = 10_000;
/** A terminal that leaves more than this unread is disconnected, so that events do not pile up for a hanging one. */
const MAX_BACKLOG_BYTES = 4 * 1024 * 1024;

/**
 * Lets other terminals of this user talk to `control`. Only the owner may use the socket (0600; the caller makes its
 * folder 0700). On Windows, the default permissions of a pipe let its owner and administrators write but everyone read:
 * others see only the greeting, and a terminal that sends no request is disconnected.
 *
 * Disposing closes the socket at once, even for terminals that wait for a reload. Terminals that requested the stop
 * stay connected until it is done, but disposal does not wait for them, because it is part of the stop.
 * @throws CONTROL_UNAVAILABLE if the socket cannot be created.
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

  let closed: Promise<void> | undefined;
  return {
    [Symbol.asyncDispose]() {
      closed ??= close(server, terminals);
      return closed;
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
    // A connection that cannot be accepted, for example for lack of file handles, must not end the emulator.
    server.on('error', () => undefined);
    await keepToOwner(socketPath);
  } catch (cause) {
    server.close();
    throw systemError('CONTROL_UNAVAILABLE', `no control socket at ${socketPath}: ${messageOf(cause)}`, {
      cause,
    });
  }
}

/** Lets only the owner connect. A pipe on Windows is not a file and has its own rights. */
export async function keepToOwner(
  socketPath: string,
  platform: NodeJS.Platform = process.platform,
): Promise<void> {
  if (platform !== 'win32') await chmod(socketPath, 0o600);
}

async function close(server: Server, terminals: ReadonlySet<Terminal>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  let stopping = false;
  for (const terminal of terminals) if (!terminal.close()) stopping = true;
  if (!stopping) await closed;
}

/** One connected terminal. */
class Terminal {
  readonly #control: ProcessControl | ServiceControl;
  readonly #socket: Socket;
  #unsubscribe: (() => void) | undefined;
  readonly #uses: (() => void)[] = [];
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
      .on('close', () => {
        this.#unsubscribe?.();
        for (const end of this.#uses) end();
      });
    socket.setTimeout(SILENT_LIMIT_MS, () => socket.destroy());
    this.#send({ v: PROTOCOL_VERSION, pid: process.pid });
  }

  /** Closes the connection and returns true, unless its terminal waits for the stop; then it no longer keeps the process alive. */
  close(): boolean {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    if (this.#stopping === 0) {
      this.#socket.destroySoon();
      // A terminal that does not read must not delay us; one that reads has been sent everything.
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
      // A client that speaks another protocol would not understand an answer.
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
    if (method === 'subscribe') {
      this.#unsubscribe ??= this.#control.subscribe((event) => this.#send({ event }));
      return undefined;
    }
    if (method === 'unsubscribe') {
      this.#unsubscribe?.();
      this.#unsubscribe = undefined;
      return undefined;
    }
    if (method === 'join') {
      this.#join(argument);
      return undefined;
    }
    const name = VERB_NAMES.find((verb) => VERBS[verb].method === method);
    return name && this.#call(name, argument);
  }

  #join(text: string | undefined): void {
    const kind = USE_KINDS.find((it) => it === text);
    if (!kind || !this.#control.addUser)
      throw userError('CONTROL_UNSUPPORTED', 'this process runs until it is stopped: it has no users');
    this.#uses.push(this.#control.addUser(kind));
  }

  /** Only an emulator can be reloaded, paused or moved; the proxy of an endpoint cannot. */
  #call(name: VerbName, text: string | undefined): Promise<unknown> {
    const { method, everywhere, parse } = verbOf(name);
    if (!everywhere && !('reload' in this.#control)) {
      throw userError(
        'CONTROL_UNSUPPORTED',
        `this process is not an emulator: it does not take "${method}"`,
        {
          hint: 'the deployments behind an endpoint are emulators of their own: triton-local ps',
        },
      );
    }
    return callVerb(this.#control, name, parse ? parse(text) : text);
  }

  #send(reply: Reply): void {
    if (!this.#socket.writable) return;
    if (this.#socket.writableLength > MAX_BACKLOG_BYTES) this.#socket.destroy();
    else this.#socket.write(`${JSON.stringify(reply)}\n`);
  }
}
