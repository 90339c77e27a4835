import type { Reporter, TestModule } from 'vitest/node';

/**
 * Says at the end, and loudly, which tests were skipped; with `CI=true` or `REQUIRE_ALL_LAYERS=1` a skip fails the
 * run, so that a missing peer is never taken for success.
 */
export class LayersReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = new Map<string, string[]>();
    for (const testModule of modules) {
      for (const test of testModule.children.allTests('skipped')) {
        const layer = testModule.project.name;
        skipped.set(layer, [
          ...(skipped.get(layer) ?? []),
          `${testModule.relativeModuleId}: ${test.fullName}`,
        ]);
      }
    }
    if (skipped.size === 0) return;
    const required = process.env.CI === 'true' || process.env.REQUIRE_ALL_LAYERS === '1';
    for (const [layer, tests] of skipped) {
      process.stderr.write(`\nSKIPPED in layer ${layer}, ${tests.length} tests:\n  ${tests.join('\n  ')}\n`);
    }
    if (!required) return;
    process.stderr.write('\nEvery layer is required here, so these skips fail the run.\n');
    process.exitCode = 1;
  }
}
