import { defineConfig } from 'vitest/config';

// One project a layer. `unit` needs Node alone; the others need what `npm test` sets up (the build, a Python
// environment with the real clients).
const layer = (name: string, timeoutMs: number) => ({
  extends: true as const,
  test: {
    name,
    include: [`test/${name}/**/*.test.{ts,tsx}`],
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
  },
});

export default defineConfig({
  test: {
    pool: 'forks',
    projects: [
      layer('unit', 10_000),
      layer('contract', 60_000),
      layer('integration', 60_000),
      layer('e2e', 120_000),
    ],
  },
});
