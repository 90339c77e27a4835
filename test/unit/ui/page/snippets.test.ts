import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CodeRequest, LANGUAGES } from '../../../../src/ui/page/try/snippets.ts';

const BODY = JSON.stringify({ text: 'it\'s "ü" \\ $HOME `id` 😀 \u2028', list: [1, 2.5] });
const received: { type: string | undefined; key: string | undefined; body: string }[] = [];
const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (piece) => {
    body += piece;
  });
  request.on('end', () => {
    received.push({
      type: request.headers['content-type'],
      key: request.headers.authorization,
      body,
    });
    response.end('the answer');
  });
});
let request: CodeRequest;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/score?x=1&y='2'`;
  request = { url, contentType: 'application/json', body: { text: BODY }, needsKey: true };
});
afterAll(() => {
  server.close();
});

describe('the request as code', () => {
  it('in JavaScript sends the same bytes, and reads the key from a variable', async () => {
    process.env.SCORING_KEY = 'k';
    const code = LANGUAGES.javascript(request)
      .replace('console.log(', 'globalThis.printed = [')
      .replace('());', '()];');
    await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
    expect((globalThis as { printed?: unknown }).printed).toEqual([200, 'the answer']);
    expect(received.at(-1)).toEqual({ type: 'application/json', key: 'Bearer k', body: BODY });
    delete process.env.SCORING_KEY;
  });

  it.skipIf(process.platform === 'win32')('in curl is quoted for a shell', () => {
    const code = LANGUAGES.curl(request).replace(/^curl/, 'printf "%s\\n"');
    const printed = execFileSync('sh', ['-c', code], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, SCORING_KEY: 'k' },
    });
    expect(printed.split('\n').slice(0, -1)).toEqual([
      request.url,
      '-H',
      'Content-Type: application/json',
      '-H',
      'Authorization: Bearer k',
      '--data-raw',
      BODY,
    ]);
  });

  it('names a file, and asks for no key where none is needed', () => {
    const file: CodeRequest = { ...request, body: { file: "it's.png" }, needsKey: false };
    expect(LANGUAGES.curl(file)).toContain("--data-binary '@it'\\''s.png'");
    expect(LANGUAGES.python(file)).toContain('pathlib.Path("it\'s.png").read_bytes()');
    expect(LANGUAGES.javascript(file)).toContain('await readFile("it\'s.png")');
    for (const language of Object.values(LANGUAGES)) expect(language(file)).not.toContain('KEY');
  });
});
