import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { TempFolder } from './temp-project.ts';

const PODMAN = '/usr/bin/podman';
const RUNC = ['/usr/sbin/runc', '/usr/bin/runc'].find((file) => existsSync(file));

/** A Podman that root may use; `.ci/run` installs it. */
export const hasPodman = existsSync(PODMAN) && process.getuid?.() === 0;

/** A real Podman's service on a socket, with storage and settings of its own; nothing of it is left. */
export class PodmanService implements AsyncDisposable {
  readonly socket: string;
  readonly #folder: TempFolder;
  readonly #service: ChildProcess;
  readonly #arguments: readonly string[];

  private constructor(folder: TempFolder, args: readonly string[], service: ChildProcess, socket: string) {
    this.#folder = folder;
    this.#arguments = args;
    this.#service = service;
    this.socket = socket;
  }

  static async start(): Promise<PodmanService> {
    const folder = await TempFolder.create('tl-pod-');
    const socket = folder.path('podman.sock');
    const args = [
      '--root',
      folder.path('root'),
      '--runroot',
      folder.path('run'),
      '--cgroup-manager',
      'cgroupfs',
    ];
    args.push(
      '--storage-driver',
      'overlay',
      '--events-backend',
      'file',
      ...(RUNC ? ['--runtime', RUNC] : []),
    );
    // Its defaults raise limits, which a machine within a machine may not.
    await writeFile(
      folder.path('settings'),
      '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]\n',
    );
    const service = spawn(PODMAN, [...args, 'system', 'service', '--time=0', `unix://${socket}`], {
      env: { ...process.env, CONTAINERS_CONF: folder.path('settings') },
      stdio: 'ignore',
    });
    for (let tries = 0; !(await answers(socket)); tries += 1) {
      if (tries > 200 || service.exitCode !== null) throw new Error('podman does not answer');
      await sleep(50);
    }
    return new PodmanService(folder, args, service, socket);
  }

  /** Brings an image of Docker's here. @returns the name that it has here */
  async load(image: string): Promise<string> {
    await promisify(execFile)('docker', ['save', '-o', this.#folder.path('image.tar'), image]);
    await this.run('load', '--quiet', '--input', this.#folder.path('image.tar'));
    return `localhost/${image}`;
  }

  async run(...args: string[]): Promise<string> {
    return (await promisify(execFile)(PODMAN, [...this.#arguments, ...args])).stdout.trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#service, 'exit');
    this.#service.kill();
    await ended;
    await promisify(execFile)('umount', [this.#folder.path('root/overlay')]).catch(() => undefined);
    await this.#folder[Symbol.asyncDispose]();
  }
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = net.connect(socket, () => {
      connection.destroy();
      resolve(true);
    });
    connection.once('error', () => resolve(false));
  });
}
