import { link, mkdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseAddress } from '../../../../src/engines/docker/daemon/address.ts';
import { type EndpointSources, listCandidates } from '../../../../src/engines/docker/daemon/candidates.ts';
import { dockerUnavailable, findDocker } from '../../../../src/engines/docker/daemon/endpoint.ts';
import {
  FakeDaemons,
  useContext as useContextIn,
  writeContext as writeContextIn,
} from '../../../helpers/fake-docker.ts';
import { TempFolder } from '../../../helpers/temp-project.ts';

let home: TempFolder;
let daemons: FakeDaemons;

beforeEach(async () => {
  home = await TempFolder.create('tl-');
  daemons = new FakeDaemons();
});
afterEach(async () => {
  await daemons[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

function sources(environment: Record<string, string> = {}, explicit?: string): EndpointSources {
  // No XDG folder of the machine itself: only what a test lays out below its home may answer.
  return {
    explicit,
    environment: { XDG_RUNTIME_DIR: home.path('run'), ...environment },
    homeDirectory: home.directory,
    platform: 'linux',
    uid: undefined,
  };
}

const writeContext = (name: string, host: string) => writeContextIn(home.directory, name, host);
const useContext = (name: string) => useContextIn(home.directory, name);

/** The first endpoint that answers below the test's home; the machine's own socket may be there as well. */
async function found(environment: Record<string, string> = {}, explicit?: string) {
  const search = await findDocker(sources(environment, explicit), 500);
  const own = search.attempts.find((it) => it.answered && !/^unix:\/\/\/(var\/)?run\//.test(it.url));
  return { search, own };
}

describe('finding a Docker daemon', () => {
  it('the flag, and nothing else', async () => {
    await daemons.listen(home.path('a.sock'));
    const { search } = await found({ DOCKER_HOST: 'tcp://127.0.0.1:1' }, `unix://${home.path('a.sock')}`);
    expect(search.attempts).toHaveLength(1);
    expect(search.endpoint).toMatchObject({ origin: '--docker-host' });
  });

  it('DOCKER_HOST that does not answer is not replaced by another daemon', async () => {
    await daemons.listen(home.path('.rd/docker.sock'));
    const { search } = await found({ DOCKER_HOST: `unix://${home.path('gone.sock')}` });
    expect(search.endpoint).toBeUndefined();
    expect(search.attempts).toMatchObject([{ outcome: 'no such socket' }]);
  });

  it('the current context before every socket', async () => {
    await daemons.listen(home.path('c.sock'));
    await daemons.listen(home.path('.rd/docker.sock'));
    await writeContext('colima', `unix://${home.path('c.sock')}`);
    await useContext('colima');
    const { search } = await found();
    expect(search.endpoint).toMatchObject({ origin: 'context "colima"' });
  });

  it('a current context that is stale is passed over, one that DOCKER_CONTEXT names is not', async () => {
    await daemons.listen(home.path('.rd/docker.sock'));
    await writeContext('stale', `unix://${home.path('gone.sock')}`);
    await useContext('stale');
    expect((await found()).own).toMatchObject({ origin: 'Rancher Desktop' });
    const { search } = await found({ DOCKER_CONTEXT: 'stale' });
    expect(search.endpoint).toBeUndefined();
    expect(search.attempts).toHaveLength(1);
  });

  it('a context that does not exist says so', async () => {
    const { search } = await found({ DOCKER_CONTEXT: 'nowhere' });
    expect(search.attempts[0]?.outcome).toBe('Docker context "nowhere" does not exist');
    expect(String(dockerUnavailable(search, 'linux'))).toContain('nowhere');
  });

  it('a socket file that nothing listens at is passed over', async () => {
    const elsewhere = new FakeDaemons();
    await elsewhere.listen(home.path('elsewhere.sock'));
    await mkdir(home.path('.colima/default'), { recursive: true });
    await link(home.path('elsewhere.sock'), home.path('.colima/default/docker.sock'));
    await elsewhere[Symbol.asyncDispose]();
    await daemons.listen(home.path('.rd/docker.sock'));
    const { own, search } = await found();
    expect(own).toMatchObject({ origin: 'Rancher Desktop' });
    const stale = search.attempts.find((it) => it.url.endsWith('.colima/default/docker.sock'));
    expect(stale?.outcome).toMatch(/stale socket/);
  });

  it('sockets that accept and never answer cost one limit together, and do not hide a live one', async () => {
    for (const socket of ['.docker/desktop/docker.sock', '.orbstack/run/docker.sock', '.colima/docker.sock'])
      await daemons.listenSilently(home.path(socket));
    await daemons.listen(home.path('.lima/default/sock/docker.sock'));
    const began = performance.now();
    const { own, search } = await found();
    expect(performance.now() - began).toBeLessThan(1_400);
    expect(own).toMatchObject({ origin: 'Lima' });
    const silent = search.attempts.filter((it) => /gave no answer within 0.5 s/.test(it.outcome));
    expect(silent).toHaveLength(3);
  });

  it('on Windows asks pipes only', async () => {
    const candidates = await listCandidates({ ...sources(), platform: 'win32' });
    expect(candidates.map(({ address }) => address)).toContainEqual({
      kind: 'socket',
      path: '//./pipe/docker_engine',
    });
    expect(candidates.every(({ url }) => url.startsWith('npipe:'))).toBe(true);
  });
});

describe('addresses', () => {
  it.each([
    ['unix:///a/b.sock', { kind: 'socket', path: '/a/b.sock' }],
    ['npipe:////./pipe/docker_engine', { kind: 'socket', path: '//./pipe/docker_engine' }],
    ['npipe://\\\\.\\pipe\\docker_engine', { kind: 'socket', path: '//./pipe/docker_engine' }],
    ['tcp://box:2375', { kind: 'tcp', host: 'box', port: 2375, tls: undefined }],
    ['tcp://[::1]:9', { kind: 'tcp', host: '::1', port: 9, tls: undefined }],
    ['box', { kind: 'tcp', host: 'box', port: 2375, tls: undefined }],
    ['ssh://me@box:2222', { kind: 'ssh', destination: 'me@box', port: 2222 }],
    ['ssh://gpu', { kind: 'ssh', destination: 'gpu', port: undefined }],
  ])('%s', (text, address) => {
    expect(parseAddress(text)).toEqual(address);
  });

  it.each(['fd://', 'ftp://x', 'tcp://', 'ssh://-oProxyCommand=evil', 'ssh://-oProxyCommand=evil@x'])(
    'refuses %s',
    (text) => {
      expect(() => parseAddress(text)).toThrow(/is not the address of a Docker daemon/);
    },
  );

  it('takes the port and the certificates of TLS', () => {
    const tls = { directory: '/certs', verify: true };
    expect(parseAddress('tcp://box', tls)).toEqual({ kind: 'tcp', host: 'box', port: 2376, tls });
  });
});
