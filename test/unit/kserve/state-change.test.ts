import { expect, it } from 'vitest';
import { isForeignOrigin, stateChangeOf } from '../../../src/kserve/index.ts';

it.each([
  ['POST', '/v2/repository/models/m/load', 'model-control'],
  ['POST', 'http://host:8000/v2/repository/models/m/unload?x', 'model-control'],
  ['POST', '//v2/repository/r/models/m/unload', 'model-control'],
  ['POST', '/v2/%72epository/models/m/load', 'model-control'],
  ['POST', '/v2/logging', 'settings'],
  ['POST', '/v2/trace/setting', 'settings'],
  ['POST', '/v2/models/m/trace/setting', 'settings'],
  ['POST', '/v2/models/m/versions/1/trace/setting', 'settings'],
  ['POST', '/v2/systemsharedmemory/region/r/register', 'shared-memory'],
  ['POST', '/v2/cudasharedmemory/unregister', 'shared-memory'],
  ['GET', '/v2/logging', undefined],
  ['POST', '/v2/repository/index', undefined],
  ['POST', '/v2/models/repository/infer', undefined],
  ['POST', '/v2/models/m/infer?to=/v2/repository/models/m/load', undefined],
  ['GET', '/v2/systemsharedmemory/status', undefined],
])('%s %s changes %s', (method, target, change) => {
  expect(stateChangeOf(method, target)).toBe(change);
});

it.each([
  [undefined, false],
  ['http://localhost:3000', false],
  ['https://app.localhost', false],
  ['http://127.9.8.7', false],
  ['http://[::1]:80', false],
  ['null', true],
  ['', true],
  ['http://localhost.evil.example', true],
  ['http://evil.example:8000', true],
  ['http://127.0.0.1.evil.example', true],
  ['http://localhost, http://evil.example', true],
  ['file://', true],
  ['vscode-webview://x', true],
])('the origin %s is foreign: %s', (origin, isForeign) => {
  expect(isForeignOrigin(origin)).toBe(isForeign);
});
