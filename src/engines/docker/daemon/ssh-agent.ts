import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import http from 'node:http';
import { Duplex } from 'node:stream';
import type { DockerAddress } from './address.ts';

type SshAddress = Extract<DockerAddress, { kind: 'ssh' }>;

/**
 * Connects to a daemon as Docker's CLI does: the user's own `ssh`, with their configuration, keys and known hosts, runs
 * `docker system dial-stdio` at the other end. (docker-modem's own client supports the SSH agent only.) Each connection is
 * one process; connections are kept and reused.
 */
export class SshAgent extends http.Agent {
  readonly #address: SshAddress;
  readonly #environment: Readonly<Record<string, string>>;

  constructor(address: SshAddress, environment: Readonly<Record<string, string>>) {
    super({ keepAlive: true, maxFreeSockets: 2, timeout: 60_000 });
    this.#address = address;
    this.#environment = environment;
  }

  override createConnection(): Duplex {
    const child = spawn('ssh', [...sshArguments(this.#address), 'docker', 'system', 'dial-stdio'], {
      env: this.#environment,
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
    return new ChildSocket(child);
  }
}

/** Arguments with which ssh never prompts, since nobody would see it. */
export function sshArguments({ destination, port }: SshAddress): string[] {
  const portArguments = port === undefined ? [] : ['-p', String(port)];
  return ['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=10', ...portArguments, '--', destination];
}

/** Presents a process's stdin and stdout as the socket that Node's HTTP client expects. */
class ChildSocket extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams;
  #stderr = '';

  constructor(child: ChildProcessWithoutNullStreams) {
    super();
    this.#child = child;
    child.stdout.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) child.stdout.pause();
    });
    child.stdout.on('end', () => this.push(null));
    child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString('utf8')).slice(-2_000);
    });
    child.stdin.on('error', () => {});
    child.on('error', (error) => this.destroy(error));
    child.on('close', (code) => {
      const failed = code !== 0 && code !== null;
      this.destroy(failed ? new Error(`ssh exited with code ${code}: ${this.#stderr.trim()}`) : undefined);
    });
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#child.stdin.write(chunk, done);
  }

  override _final(done: () => void): void {
    this.#child.stdin.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#child.kill();
    done(error);
  }

  // The HTTP client calls these on a socket; a pipe does not need them.
  setKeepAlive(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setTimeout(): this {
    return this;
  }
  /** An idle connection must not keep this process running. */
  ref(): this {
    for (const it of this.#handles()) it.ref?.();
    return this;
  }
  unref(): this {
    for (const it of this.#handles()) it.unref?.();
    return this;
  }

  /** A child's pipes are sockets, though their types do not say so. */
  #handles(): readonly { ref?(): unknown; unref?(): unknown }[] {
    const { stdin, stdout, stderr } = this.#child;
    return [this.#child, stdin, stdout, stderr] as readonly { ref?(): unknown; unref?(): unknown }[];
  }
}
