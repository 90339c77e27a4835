import { chmod, mkdir, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type net from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseAddress } from '../../../../src/engines/docker/daemon/address.ts';
import { connect } from '../../../../src/engines/docker/daemon/connection.ts';
import { registryOf, resolveImage } from '../../../../src/engines/docker/image/image.ts';
import { pullImage } from '../../../../src/engines/docker/image/pull.ts';
import { PullProgress } from '../../../../src/engines/docker/image/pull-progress.ts';
import { registryAuth } from '../../../../src/engines/docker/image/registry-auth.ts';
import type { EventBody } from '../../../../src/events/index.ts';
import { TempFolder } from '../../../helpers/temp-project.ts';

let home: TempFolder;
beforeEach(async () => {
  home = await TempFolder.create('tl-');
});
afterEach(() => home[Symbol.asyncDispose]());

type Script = (response: http.ServerResponse) => void;
const REFERENCE = 'nvcr.io/nvidia/tritonserver:24.10-py3';
const json = (value: unknown) => `${JSON.stringify(value)}\r\n`;

/** Pulls from a daemon that answers `POST /images/create` by the script. */
async function pull(script: Script, { present = true, signal = new AbortController().signal } = {}) {
  const seen: { url: string; auth: string | undefined }[] = [];
  const server = http.createServer((request, response) => {
    if (request.method === 'POST') {
      seen.push({ url: request.url ?? '', auth: request.headers['x-registry-auth']?.toString() });
      script(response);
    } else {
      response.writeHead(present ? 200 : 404, { 'Content-Type': 'application/json' });
      response.end(present ? '{"Size":5}' : '{"message":"No such image"}');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  const events: EventBody[] = [];
  const environment = { PATH: `${home.directory}:${process.env.PATH}`, DOCKER_CONFIG: home.directory };
  const docker = await connect(parseAddress(`tcp://127.0.0.1:${port}`), environment);
  const options = { docker, reference: REFERENCE, environment, homeDirectory: home.directory };
  const error = await pullImage({ ...options, events: { emit: (it) => events.push(it) } }, signal).then(
    () => undefined,
    (thrown: Error) => thrown,
  );
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return { error, events, seen };
}

describe('pulling an image', () => {
  it('reports bytes and layers, and succeeds', async () => {
    const { error, events, seen } = await pull((response) => {
      response.write(json({ status: 'Pulling from nvidia/tritonserver', id: '24.10-py3' }));
      response.write(
        json({ status: 'Pulling fs layer', id: 'a' }) + json({ status: 'Already exists', id: 'b' }),
      );
      response.write(json({ status: 'Downloading', id: 'a', progressDetail: { current: 40, total: 100 } }));
      response.end(
        json({ status: 'Download complete', id: 'a' }) + json({ status: 'Pull complete', id: 'a' }),
      );
    });
    expect(error).toBeUndefined();
    expect(seen[0]?.url).toContain('fromImage=nvcr.io%2Fnvidia%2Ftritonserver&tag=24.10-py3');
    expect(events.at(-1)).toMatchObject({
      type: 'engine.pull.progress',
      image: REFERENCE,
      bytes: 100,
      total: 100,
      etaSeconds: null,
      layers: { done: 2, total: 2 },
    });
  });

  it('fails at once on an error within the stream, though the stream stays open', async () => {
    const began = performance.now();
    const { error } = await pull((response) => {
      response.write(
        json({ errorDetail: { message: 'no space left on device' }, error: 'no space left on device' }),
      );
    });
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(error).toMatchObject({
      code: 'DOCKER_PULL_FAILED',
      message: expect.stringContaining('no space left on device'),
      hint: expect.stringContaining('docker system df'),
    });
  });

  it('does not take the end of the stream for an image', async () => {
    const { error } = await pull((response) => response.end(json({ status: 'Pulling' })), { present: false });
    expect(error).toMatchObject({
      code: 'DOCKER_PULL_FAILED',
      message: expect.stringContaining('No such image'),
    });
  });

  it('suggests docker login if the registry refuses', async () => {
    const { error } = await pull((response) => {
      response.writeHead(500, { 'Content-Type': 'application/json' });
      response.end('{"message":"pull access denied, unauthorized"}');
    });
    expect(error).toMatchObject({ hint: 'log in first with: docker login nvcr.io' });
  });

  it('survives lines that are no JSON and messages cut anywhere', async () => {
    const { error, events } = await pull((response) => {
      const text = `oops\n${json({ status: 'Pull complete', id: 'ä' })}`;
      const bytes = Buffer.from(text);
      response.write(bytes.subarray(0, 31));
      setTimeout(() => response.end(bytes.subarray(31)), 20);
    });
    expect(error).toBeUndefined();
    expect(events.at(-1)).toMatchObject({ layers: { done: 1, total: 1 } });
  });

  it('ends when it is cancelled', async () => {
    const abort = new AbortController();
    const { error } = await pull(
      (response) => {
        response.write(json({ status: 'Pulling fs layer', id: 'a' }));
        setTimeout(() => abort.abort(), 20);
      },
      { signal: abort.signal },
    );
    expect(error?.name).toBe('AbortError');
  });

  it("sends the credentials of Docker's configuration, and never shows them", async () => {
    const auth = Buffer.from('$oauthtoken:se:cret').toString('base64');
    await writeFile(home.path('config.json'), JSON.stringify({ auths: { 'nvcr.io': { auth } } }));
    const { seen, error } = await pull((response) => response.end(json({ error: 'refused' })));
    const sent = JSON.parse(Buffer.from(seen[0]?.auth ?? '', 'base64').toString());
    expect(sent).toEqual({ username: '$oauthtoken', password: 'se:cret', serveraddress: 'nvcr.io' });
    expect(`${error?.message}`).not.toContain('cret');
  });
});

describe('registry credentials', () => {
  const ask = (reference: string, warnings: string[] = []) =>
    registryAuth(
      reference,
      { PATH: `${home.directory}:${process.env.PATH}`, DOCKER_CONFIG: home.directory },
      '/none',
      (it) => warnings.push(it),
    );
  const helper = async (name: string, script: string) => {
    await mkdir(home.directory, { recursive: true });
    const file = home.path(`docker-credential-${name}`);
    await writeFile(file, `#!/bin/sh\n${script}\n`);
    await chmod(file, 0o755);
  };
  const config = (value: unknown) => writeFile(home.path('config.json'), JSON.stringify(value));

  it.skipIf(process.platform === 'win32')("come from the registry's own helper first", async () => {
    await helper('one', 'read r; echo "{\\"Username\\":\\"u-$r\\",\\"Secret\\":\\"s\\"}"');
    await helper('two', 'echo wrong; exit 1');
    await config({ credHelpers: { 'nvcr.io': 'one' }, credsStore: 'two' });
    expect(await ask(REFERENCE)).toEqual({ username: 'u-nvcr.io', password: 's', serveraddress: 'nvcr.io' });
    expect(await ask('mcr.microsoft.com/x:1')).toBeUndefined();
  });

  it.skipIf(process.platform === 'win32')('may be a token', async () => {
    await helper('one', 'echo \'{"Username":"<token>","Secret":"t"}\'');
    await config({ credsStore: 'one' });
    expect(await ask('x.azurecr.io/a')).toEqual({ identitytoken: 't', serveraddress: 'x.azurecr.io' });
  });

  it('are empty if the helper is missing, with a warning', async () => {
    await config({ credsStore: 'nowhere-to-be-found' });
    const warnings: string[] = [];
    expect(await ask(REFERENCE, warnings)).toBeUndefined();
    expect(warnings).toHaveLength(1);
  });

  it('are empty if the configuration is broken or missing', async () => {
    expect(await ask(REFERENCE)).toBeUndefined();
    await writeFile(home.path('config.json'), '{');
    expect(await ask(REFERENCE)).toBeUndefined();
  });
});

describe('pull figures', () => {
  it('never fall, count a waiting layer in the time left, and ignore the seconds of Docker 29', () => {
    const progress = new PullProgress();
    const download = (id: string, current: number, total: number) =>
      progress.push({ id, status: 'Downloading', progressDetail: { current, total } });
    progress.push({ id: 'a', status: 'Pulling fs layer' });
    progress.push({ id: 'b', status: 'Waiting' });
    progress.facts(0);
    download('a', 100, 1_000);
    download('a', 90, 900);
    const first = progress.facts(1_000);
    expect(first).toMatchObject({ bytes: 100, total: 1_000, bytesPerSecond: 100, etaSeconds: 19 });
    download('b', 1_000, 1_000);
    progress.push({ id: 'a', status: 'Download complete' });
    progress.push({ id: 'b', status: 'Extracting', progressDetail: { current: 3, units: 's' } });
    expect(progress.facts(2_000)).toMatchObject({
      bytes: 2_000,
      total: 2_000,
      etaSeconds: null,
      extracting: true,
    });
    progress.push({ id: 'a', status: 'Pull complete' });
    progress.push({ id: 'b', status: 'Pull complete' });
    expect(progress.facts(3_000)).toMatchObject({ layers: { done: 2, total: 2 }, extracting: false });
  });
});

describe('image names', () => {
  it.each([
    [undefined, REFERENCE],
    ['23.09', 'nvcr.io/nvidia/tritonserver:23.09-py3'],
    ['azureml-21.02', 'mcr.microsoft.com/azureml/tritonserver-21.02-py38-inference:20210817.v1'],
    ['my/image:1', 'my/image:1'],
    [`localhost:5000/a/b@sha256:${'a'.repeat(64)}`, `localhost:5000/a/b@sha256:${'a'.repeat(64)}`],
  ])('%s is %s', (text, reference) => {
    expect(resolveImage(text).reference).toBe(reference);
  });
  it.each(['azureml-1', 'a b', 'UPPER', '-x', 'a:b:c'])('refuses %s', (text) => {
    expect(() => resolveImage(text)).toThrow(/is not the name of an image/);
  });
  it('have a registry', () => {
    expect(registryOf('triton:1')).toBe('https://index.docker.io/v1/');
    expect(registryOf('docker.io/a/b')).toBe('https://index.docker.io/v1/');
    expect(registryOf('localhost:5000/a')).toBe('localhost:5000');
    expect(registryOf(REFERENCE)).toBe('nvcr.io');
  });
});
