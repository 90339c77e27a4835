import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { isReadOnly, walkOnExternal } from '../../helpers/external-walk.ts';
import { TempFolder } from '../../helpers/temp-project.ts';

it('sends a Triton that is not ours nothing that changes its state', async () => {
  await using folder = await TempFolder.create('tl-');
  const requests: string[] = [];
  const triton = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    request.resume();
    const answers: Readonly<Record<string, unknown>> = {
      '/v2': { name: 'triton', version: '2.51.0', extensions: [] },
      '/v2/repository/index': [{ name: 'adder', version: '1', state: 'READY' }],
      '/v2/models/stats': { model_stats: [] },
    };
    response.end(JSON.stringify(answers[request.url ?? ''] ?? {}));
  });
  await new Promise<void>((resolve) => triton.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(triton.address() as AddressInfo).port}`;
  try {
    const { lines, named } = await walkOnExternal(folder, url);
    expect(requests).toContain('POST /v2/repository/index');
    expect(requests.filter((request) => !isReadOnly(request))).toEqual([]);
    expect(named).toMatchObject({
      code: 'MODELS_ELSEWHERE',
      message: expect.stringContaining('nothing was sent'),
      hint: expect.stringContaining(`curl -X POST ${url}/v2/repository/models/other/load`),
    });
    expect(lines).toContain(
      `the models are served by ${url}; the models of this project, and changes to them, are not sent there`,
    );
  } finally {
    triton.closeAllConnections();
    triton.close();
  }
});
