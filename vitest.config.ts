import os from 'node:os';
import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { LayersReporter } from './test/layers-reporter.ts';

// One project a layer. `unit` needs Node alone; the others need what `npm test` sets up (the build, a Python
// environment with the real clients). Layers run one after another, so that what measures time is not disturbed.
const layer = (name: string, order: number, timeoutMs: number) => ({
  extends: true as const,
  test: {
    name,
    include: [`test/${name}/**/*.test.{ts,tsx}`],
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
    sequence: { groupOrder: order },
  },
});

/**
 * Tests of and beside real engines and scoring servers, of pip, of how programs save and ten thousand files, of whole Azure
 * deployments: minutes, so that `.ci/run` and `npm run test:slow` run them, and `npm test` takes less than three.
 */
const SLOW = [
  'test/e2e/azure-*.test.ts',
  'test/e2e/docs-blocks.test.ts',
  'test/e2e/detached.test.ts',
  'test/e2e/endings.test.ts',
  'test/e2e/reload-controls.test.ts',
  'test/e2e/smoke-test.test.ts',
  'test/e2e/terminal.test.ts',
  'test/e2e/web-page.test.ts',
  'test/integration/controlplane/*.test.ts',
  'test/integration/azureml/yaml-parity.test.ts',
  'test/integration/engines/**/*.test.ts',
  'test/integration/inference/fidelity/*.test.ts',
  'test/integration/inference/grpc/*.test.ts',
  'test/integration/inference/hanging-models.test.ts',
  'test/integration/inference/python-models.test.ts',
  'test/integration/inference/repository-api.test.ts',
  'test/integration/python/collected.test.ts',
  'test/integration/python/environment.test.ts',
  'test/integration/python/inside-script.test.ts',
  'test/integration/python/surroundings.test.ts',
  'test/integration/python/swagger.test.ts',
  'test/integration/reload/limits.test.ts',
  'test/integration/reload/save-patterns.test.ts',
  'test/integration/repository/answers.test.ts',
  'test/integration/scoring/parity.test.ts',
];

// Where a program wants to count the results (`.ci/run`), each run leaves its own JSON file in this folder.
const reports = process.env.TRITON_LOCAL_TEST_REPORTS;
const jsonReport: ['json', { outputFile: string }] = [
  'json',
  { outputFile: path.join(reports ?? '', `${process.pid}.json`) },
];

export default defineConfig({
  test: {
    pool: 'forks',
    // Vitest leaves one processor free, so that on two of them one file ran at a time; most tests wait for processes.
    maxWorkers: Math.max(2, os.availableParallelism() - 1),
    // What .dev/launcher.js does for the product, for tests that load onnxruntime themselves.
    env: { ORT_DISABLE_TELEMETRY: '1' },
    // `npm run coverage`: what the unit layer alone reaches. The floor is below today's figure; raise it, never lower it.
    coverage: {
      provider: 'v8',
      include: ['src/**/*.{ts,tsx}'],
      reporter: ['text-summary', 'json-summary'],
      thresholds: { lines: 55, functions: 50, branches: 50 },
    },
    // Polls end when their condition holds; on a busy machine, Vitest's default of one second is too short.
    expect: { poll: { timeout: 8_000 } },
    reporters: ['default', new LayersReporter(), ...(reports ? [jsonReport] : [])],
    projects: [
      {
        ...layer('unit', 0, 30_000),
        // A process and all imports anew for each of many small files took more than half of the layer's time.
        test: { ...layer('unit', 0, 30_000).test, isolate: false },
      },
      layer('contract', 1, 60_000),
      {
        ...layer('integration', 2, 60_000),
        test: { ...layer('integration', 2, 60_000).test, exclude: SLOW },
      },
      {
        ...layer('slow', 3, 180_000),
        // They wait for containers and pip more than they compute.
        test: { ...layer('slow', 3, 180_000).test, include: SLOW, maxWorkers: 2 },
      },
      {
        ...layer('e2e', 4, 120_000),
        test: {
          ...layer('e2e', 4, 120_000).test,
          exclude: SLOW,
          globalSetup: 'test/e2e/packed-install.ts',
          maxWorkers: 2,
        },
      },
    ],
  },
});
