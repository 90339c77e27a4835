import { chmod, cp, mkdir, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listCandidates } from '../../../../src/engines/docker/daemon/candidates.ts';
import { dockerUnavailable, findDocker } from '../../../../src/engines/docker/daemon/endpoint.ts';
import { explainTls } from '../../../../src/engines/docker/daemon/tls.ts';
import { type Certificates, makeCertificates } from '../../../helpers/certificates.ts';
import { FakeDaemons, useContext, writeContext } from '../../../helpers/fake-docker.ts';
import { TempFolder } from '../../../helpers/temp-project.ts';

const LIMIT_MS = 2_000;

let home: TempFolder;
let daemons: FakeDaemons;
let certificates: Certificates;
beforeAll(async () => {
  certificates = await makeCertificates();
});
afterAll(() => certificates[Symbol.asyncDispose]());
beforeEach(async () => {
  home = await TempFolder.create('tl-');
  daemons = new FakeDaemons();
});
afterEach(async () => {
  await daemons[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

interface Machine {
  readonly environment?: Readonly<Record<string, string>>;
  readonly flag?: string;
}

const sources = ({ environment = {}, flag }: Machine) => ({
  explicit: flag,
  // No XDG folder of the machine itself: only what a test lays out below its home may answer.
  environment: { XDG_RUNTIME_DIR: home.path('run'), ...environment },
  homeDirectory: home.directory,
  platform: 'linux' as const,
  uid: undefined,
});

/** A client of Docker's at the other end of `ssh`, which here is the same machine. */
async function stubSsh(socket: string): Promise<Record<string, string>> {
  const script = `const o = require("net").connect(${JSON.stringify(socket)});
process.stdin.pipe(o).pipe(process.stdout); o.on("close", () => process.exit());`;
  await mkdir(home.path('bin'));
  await writeFile(home.path('bin/dial.cjs'), script);
  await writeFile(
    home.path('bin/ssh'),
    `#!/bin/sh\nexec "${process.execPath}" "${home.path('bin/dial.cjs')}"\n`,
  );
  await chmod(home.path('bin/ssh'), 0o755);
  return { PATH: `${home.path('bin')}:${process.env.PATH}` };
}

const serveTls = () =>
  daemons.listenTls({
    ...certificates.server,
    ca: certificates.ca,
    requestCert: true,
    rejectUnauthorized: true,
  });

/** Lays a machine out on which one daemon answers. */
type Layout = () => Promise<Machine>;
const atSocket =
  (socket: string): Layout =>
  async () => {
    await daemons.listen(home.path(socket));
    return {};
  };

const LAYOUTS: readonly (readonly [name: string, origin: string, layout: Layout])[] = [
  [
    'the flag',
    '--docker-host',
    async () => ({ flag: `unix://${await daemons.listen(home.path('a.sock'))}` }),
  ],
  [
    'DOCKER_HOST with unix',
    'DOCKER_HOST',
    async () => ({ environment: { DOCKER_HOST: `unix://${await daemons.listen(home.path('a.sock'))}` } }),
  ],
  [
    'DOCKER_HOST with tcp',
    'DOCKER_HOST',
    async () => ({ environment: { DOCKER_HOST: `tcp://127.0.0.1:${await daemons.listen(0)}` } }),
  ],
  [
    'DOCKER_HOST with tcp and TLS, certificates from DOCKER_CERT_PATH',
    'DOCKER_HOST',
    async () => ({
      environment: {
        DOCKER_HOST: `tcp://127.0.0.1:${await serveTls()}`,
        DOCKER_TLS_VERIFY: '1',
        DOCKER_CERT_PATH: certificates.directory,
      },
    }),
  ],
  [
    'DOCKER_HOST with ssh',
    'DOCKER_HOST',
    async () => {
      const socket = String(await daemons.listen(home.path('far.sock')));
      return { environment: { ...(await stubSsh(socket)), DOCKER_HOST: 'ssh://me@gpu-box:2222' } };
    },
  ],
  [
    'a context',
    'context "far"',
    async () => {
      await writeContext(home.directory, 'far', `unix://${await daemons.listen(home.path('c.sock'))}`);
      await useContext(home.directory, 'far');
      return {};
    },
  ],
  [
    'a context with TLS',
    'context "far"',
    async () => {
      const folder = await writeContext(home.directory, 'far', `tcp://127.0.0.1:${await serveTls()}`);
      await cp(certificates.directory, folder, { recursive: true });
      return { environment: { DOCKER_CONTEXT: 'far' } };
    },
  ],
  ['Docker Desktop', 'Docker Desktop', atSocket('.docker/desktop/docker.sock')],
  ['Colima', 'Colima', atSocket('.colima/default/docker.sock')],
  ['Colima, older', 'Colima', atSocket('.colima/docker.sock')],
  ['Colima below XDG', 'Colima', atSocket('.config/colima/default/docker.sock')],
  [
    'Colima in a folder of its own',
    'Colima',
    async () => {
      await daemons.listen(home.path('elsewhere/default/docker.sock'));
      return { environment: { COLIMA_HOME: home.path('elsewhere') } };
    },
  ],
  ['OrbStack', 'OrbStack', atSocket('.orbstack/run/docker.sock')],
  ['Rancher Desktop', 'Rancher Desktop', atSocket('.rd/docker.sock')],
  ['Podman machine', 'Podman machine', atSocket('.local/share/containers/podman/machine/podman.sock')],
  [
    'Podman machine with QEMU',
    'Podman machine',
    atSocket('.local/share/containers/podman/machine/qemu/podman.sock'),
  ],
  ['rootless Podman', 'rootless Podman', atSocket('run/podman/podman.sock')],
  ['Lima', 'Lima', atSocket('.lima/docker/sock/docker.sock')],
  ['Lima, the default instance', 'Lima', atSocket('.lima/default/sock/docker.sock')],
  ['rootless Docker', 'rootless Docker', atSocket('run/docker.sock')],
  ['rootless Docker on macOS', 'rootless Docker', atSocket('.docker/run/docker.sock')],
];

describe.skipIf(process.platform === 'win32')('layouts of the daemon', () => {
  it.each(LAYOUTS)('%s', async (_name, origin, layout) => {
    const machine = sources(await layout());
    const { attempts } = await findDocker(machine, LIMIT_MS);
    // The machine's own daemon may also answer at the default socket.
    const [own] = attempts.filter((it) => it.answered && !/^unix:\/\/\/(var\/)?run\//.test(it.url));
    expect(own).toMatchObject({ origin, outcome: 'answered' });
  });

  it('npipe, of which only the address can be tested here', async () => {
    const environment = { DOCKER_HOST: 'npipe:////./pipe/docker_engine' };
    const [candidate] = await listCandidates({ ...sources({ environment }), platform: 'win32' });
    expect(candidate).toMatchObject({
      origin: 'DOCKER_HOST',
      address: { kind: 'socket', path: '//./pipe/docker_engine' },
    });
  });

  it.each([
    ['tcp', async () => ({ flag: `tcp://127.0.0.1:${await daemons.listenSilently(0)}` })],
    ['unix', async () => ({ flag: `unix://${await daemons.listenSilently(home.path('s.sock'))}` })],
    [
      'ssh',
      async () => {
        const socket = String(await daemons.listenSilently(home.path('s.sock')));
        return { environment: await stubSsh(socket), flag: 'ssh://gpu-box' };
      },
    ],
    [
      'TLS',
      async () => ({
        flag: `tcp://127.0.0.1:${await daemons.listenSilently(0)}`,
        environment: { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: certificates.directory },
      }),
    ],
  ] as const)('one that accepts by %s and never answers costs its limit', async (_name, layout) => {
    const machine = sources(await layout());
    const began = performance.now();
    const { endpoint, attempts } = await findDocker(machine, 300);
    expect(performance.now() - began).toBeLessThan(1_500);
    expect(endpoint).toBeUndefined();
    expect(attempts[0]?.outcome).toBe('accepted the connection, but gave no answer within 0.3 s');
  });
});

describe('TLS that goes wrong', () => {
  /** What is said of a daemon with these certificates, to a client with those. */
  async function outcomeOf(machine: Machine): Promise<string> {
    const search = await findDocker(sources(machine), LIMIT_MS);
    expect(search.endpoint).toBeUndefined();
    const error = dockerUnavailable(search, 'linux');
    return `${error.message} ${'hint' in error ? error.hint : ''}`;
  }
  const client = (port: number | string, directory: string) => ({
    flag: `tcp://127.0.0.1:${port}`,
    environment: { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: directory },
  });

  it('an expired certificate', async () => {
    const port = await daemons.listenTls(certificates.expired);
    const told = await outcomeOf(client(port, certificates.directory));
    expect(told).toContain("TLS: the daemon's certificate has expired");
    expect(told).toContain('check ca.pem, cert.pem and key.pem in DOCKER_CERT_PATH');
  });

  it('an authority that did not sign it', async () => {
    const port = await daemons.listenTls(certificates.server);
    const told = await outcomeOf(client(port, certificates.otherDirectory));
    expect(told).toContain("TLS: the daemon's certificate is not signed by an authority in ca.pem");
  });

  it('a certificate for another name', async () => {
    const port = await daemons.listenTls(certificates.elsewhere);
    expect(await outcomeOf(client(port, certificates.directory))).toContain('is for another name');
  });

  it('a missing client certificate that the daemon requires', async () => {
    const port = await serveTls();
    await mkdir(home.path('ca-only'));
    await cp(`${certificates.directory}/ca.pem`, home.path('ca-only/ca.pem'));
    expect(await outcomeOf(client(port, home.path('ca-only')))).toContain(
      'TLS: the daemon rejects our certificate',
    );
  });

  it('a daemon that speaks plain HTTP', async () => {
    const plain = await daemons.listen(0);
    expect(await outcomeOf(client(plain, certificates.directory))).toContain(
      'TLS: the daemon does not use TLS',
    );
  });

  it('a daemon that requires TLS, in the words of dockerd', () => {
    const answer = '(HTTP code 400) unexpected - Client sent an HTTP request to an HTTPS server.';
    expect(explainTls(new Error(answer))).toContain('set DOCKER_TLS_VERIFY=1');
  });

  it('a folder without certificates', async () => {
    expect(await outcomeOf(client(1, home.path('none')))).toContain(
      `the certificates of the Docker daemon cannot be read in ${home.path('none')}: ca.pem is missing`,
    );
  });

  it('is looked past where verification is off', async () => {
    const port = await daemons.listenTls(certificates.expired);
    const environment = { DOCKER_TLS: '1', DOCKER_CERT_PATH: certificates.otherDirectory };
    const { endpoint } = await findDocker(
      sources({ flag: `tcp://127.0.0.1:${port}`, environment }),
      LIMIT_MS,
    );
    expect(endpoint).toMatchObject({ origin: '--docker-host' });
  });
});
