import { expect, it } from 'vitest';
import { preferredEncoding } from '../../../src/inference/http/answer.ts';
import { matchRoute } from '../../../src/inference/http/route.ts';

it.each([
  ['/v2', 'server-metadata', '', undefined],
  ['/v2/models/m', 'model-metadata', 'm', undefined],
  ['/v2/models/m/versions/3/infer', 'infer', 'm', '3'],
  ['/v2/models/stats', 'all-stats', '', undefined],
  ['/v2/models/a%20b/config', 'model-config', 'a%20b', undefined],
  ['/v2/repository/other/index', 'index', '', undefined],
  ['/v2/repository/models/m/load', 'load', 'm', undefined],
  ['/v2/models/m/trace/setting', 'trace', 'm', undefined],
  ['/v2/cudasharedmemory/region/r/register', 'shared-memory-register', 'r', undefined],
])('%s is %s', (path, endpoint, name, version) => {
  expect(matchRoute(path)).toMatchObject({ endpoint, name, version });
});

it.each([
  '/',
  '/v2/',
  '/v2/models',
  '/v2/models/',
  '/v2/models/m/',
  '/v2/models/m/versions/x',
  '/v2/models/m/n',
  '/v2/models/m/versions/1/trace/setting',
  '/v3',
  '/v2/health',
])('%s is no route', (path) => {
  expect(matchRoute(path)).toBeUndefined();
});

it.each([
  ['gzip, deflate', 'gzip'],
  ['deflate, gzip', 'deflate'],
  ['gzip;q=0.2, deflate;q=0.8', 'deflate'],
  ['br', 'identity'],
  ['gzip;q=0', 'identity'],
  ['', 'identity'],
] as const)('of %j it sends %s', (accept, encoding) => {
  expect(preferredEncoding(accept)).toBe(encoding);
});
