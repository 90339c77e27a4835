import { writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { TempFolder } from '../../helpers/temp-project.ts';
import { ask, requestText } from '../scoring/raw-http.ts';
import { FakePool, startService, type TestService } from '../scoring/service.ts';

let service: TestService;
afterEach(() => service[Symbol.asyncDispose]());

const read = (path: string, extra: readonly string[] = []) =>
  ask(service.port, requestText('GET', `/_triton-local/${path}`, extra));

describe('GET /_triton-local/', () => {
  it('is a page that needs no key and may load only its own files', async () => {
    service = await startService(new FakePool(), { keys: ['k'] });
    const page = await read('');
    expect([page.status, page.header('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const policy = page.header('content-security-policy') ?? '';
    expect(policy.split('; ')).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
      ]),
    );
    expect(policy).not.toContain('unsafe');
    expect(page.header('x-content-type-options')).toBe('nosniff');
    expect(page.header('x-frame-options')).toBe('DENY');
    expect(page.header('referrer-policy')).toBe('no-referrer');
    expect(page.header('cache-control')).toBe('no-store');
    const html = page.body.toString();
    expect(html).not.toMatch(/__TOKEN__|<script>|\son\w+=|style=|https?:\/\//);
    // A browser would otherwise ask the scoring service for an icon.
    expect(html).toContain('<link rel="icon" href="data:,"');
  });

  it('has its files beside it, under 300 kB compressed', async () => {
    service = await startService();
    const [page, script, style] = [await read(''), await read('page.js'), await read('page.css')];
    expect([script.status, script.header('content-type')]).toEqual([200, 'text/javascript; charset=utf-8']);
    expect([style.status, style.header('content-type')]).toEqual([200, 'text/css; charset=utf-8']);
    const size = [page, script, style].reduce((sum, { body }) => sum + gzipSync(body).length, 0);
    expect(size).toBeLessThan(300_000);
    expect(script.body.toString()).not.toMatch(
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(/,
    );
  });

  it('is found without the slash', async () => {
    service = await startService();
    const answer = await ask(service.port, requestText('GET', '/_triton-local'));
    expect([answer.status, answer.header('location')]).toEqual([308, '/_triton-local/']);
  });

  it('opens by a link from elsewhere, but not inside a page of elsewhere', async () => {
    service = await startService();
    const site = ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate'];
    expect((await read('', [...site, 'Sec-Fetch-Dest: document'])).status).toBe(200);
    expect((await read('', [...site, 'Sec-Fetch-Dest: iframe'])).status).toBe(403);
    expect((await read('page.js', ['Sec-Fetch-Site: same-site', 'Sec-Fetch-Mode: no-cors'])).status).toBe(
      403,
    );
    expect((await read('', ['Origin: http://evil.test'])).status).toBe(403);
  });
});

describe('GET /_triton-local/sample', () => {
  const sampleOf = async (sample: string | undefined): Promise<unknown> => {
    service = await startService(undefined, {}, undefined, sample === undefined ? {} : { sample });
    return JSON.parse((await read('sample')).body.toString());
  };

  it('is the text, or the text in the file, that the start names', async () => {
    expect(await sampleOf('{"data": ["ü"]}')).toEqual({ body: '{"data": ["ü"]}' });
    await service[Symbol.asyncDispose]();
    await using folder = await TempFolder.create();
    const file = folder.path('request.json');
    await writeFile(file, '{"image": 1}');
    expect(await sampleOf(`@${file}`)).toEqual({ body: '{"image": 1}' });
    await writeFile(file, Buffer.from([0xff, 0xfe]));
    expect(JSON.parse((await read('sample')).body.toString())).toEqual({ body: null });
  });

  it('is null if there is none', async () => {
    expect(await sampleOf(undefined)).toEqual({ body: null });
  });
});
