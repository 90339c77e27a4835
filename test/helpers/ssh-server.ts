import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';
import { TempFolder } from './temp-project.ts';

const SSHD = '/usr/sbin/sshd';

/** An OpenSSH server that root may start; `.ci/run` installs it. */
export const hasSshServer = existsSync(SSHD) && process.getuid?.() === 0;

/** A real `sshd` on a loopback port with its own keys, and the real `ssh` configured with them. */
export class SshServer implements AsyncDisposable {
  /** As DOCKER_HOST has it. */
  readonly dockerHost: string;
  /** To put first on PATH. */
  readonly binaries: string;
  readonly #folder: TempFolder;
  readonly #server: ChildProcess;

  private constructor(folder: TempFolder, server: ChildProcess, port: number) {
    this.#folder = folder;
    this.#server = server;
    this.dockerHost = `ssh://root@127.0.0.1:${port}`;
    this.binaries = folder.path('bin');
  }

  static async start(): Promise<SshServer> {
    const folder = await TempFolder.create('tl-ssh-');
    const keygen = (name: string) =>
      promisify(execFile)('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', folder.path(name)]);
    await Promise.all([keygen('host'), keygen('user')]);
    await mkdir('/run/sshd', { recursive: true });
    const port = await freePort();
    const settings = {
      Port: port,
      ListenAddress: '127.0.0.1',
      HostKey: folder.path('host'),
      AuthorizedKeysFile: folder.path('user.pub'),
      PidFile: 'none',
      StrictModes: 'no',
      UsePAM: 'no',
      PermitRootLogin: 'prohibit-password',
      SetEnv: `"PATH=${process.env.PATH}"`,
    };
    await writeFile(folder.path('sshd'), lines(settings));
    const hostKey = await readFile(folder.path('host.pub'), 'utf8');
    await writeFile(folder.path('known'), `[127.0.0.1]:${port} ${hostKey}`);
    await writeFile(
      folder.path('ssh'),
      lines({
        IdentityFile: folder.path('user'),
        IdentitiesOnly: 'yes',
        UserKnownHostsFile: folder.path('known'),
      }),
    );
    await mkdir(folder.path('bin'));
    // A user's settings are in the home folder that the system records, not in $HOME.
    await writeFile(folder.path('bin/ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F '${folder.path('ssh')}' "$@"\n`);
    await chmod(folder.path('bin/ssh'), 0o755);
    const server = spawn(SSHD, ['-D', '-e', '-f', folder.path('sshd')], { stdio: 'ignore' });
    for (let tries = 0; !(await isOpen(port)); tries += 1) {
      if (tries > 200 || server.exitCode !== null) throw new Error('sshd does not listen');
      await sleep(25);
    }
    return new SshServer(folder, server, port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#server, 'exit');
    this.#server.kill();
    await ended;
    await this.#folder[Symbol.asyncDispose]();
  }
}

const lines = (settings: Readonly<Record<string, unknown>>) =>
  Object.entries(settings)
    .map(([name, value]) => `${name} ${value}\n`)
    .join('');

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
