// Prints `N passed, N failed` over all steps, and exits with 1 unless something passed and nothing failed. The given
// folder holds one folder a step: the JSON reports of its test runs, and a file `failed` where the step failed. A test
// that several runs contain counts once, as failed if it failed in any; a file that could not be run, and a step that
// failed without a failing test to show for it, count as one failure each.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** @returns {{passed: number, failed: number}} */
export function count(folder) {
  const results = new Map();
  let unexplained = 0;
  for (const step of readdirSync(folder)) {
    const failures = readStep(path.join(folder, step), results);
    if (existsSync(path.join(folder, step, 'failed')) && failures === 0) unexplained += 1;
  }
  const statuses = [...results.values()];
  return {
    passed: statuses.filter((status) => status === 'passed').length,
    failed: statuses.filter((status) => status === 'failed').length + unexplained,
  };
}

/** Adds the results of a step's runs, and gives the number of failures among them. */
function readStep(folder, results) {
  let failures = 0;
  const record = (key, status) => {
    if (status === 'failed') failures += 1;
    if (results.get(key) !== 'failed') results.set(key, status);
  };
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
    const report = JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
    for (const file of report.testResults) {
      const tests = file.assertionResults;
      const seen = new Map();
      for (const { fullName, status } of tests) {
        // Two tests of one file may bear the same name.
        const nth = (seen.get(fullName) ?? 0) + 1;
        seen.set(fullName, nth);
        record(`${file.name} > ${fullName} (${nth})`, status);
      }
      const brokenAsAWhole = file.status === 'failed' && !tests.some(({ status }) => status === 'failed');
      if (brokenAsAWhole) record(`${file.name} (the file itself)`, 'failed');
    }
  }
  return failures;
}

if (process.argv[1] === import.meta.filename) {
  const { passed, failed } = count(process.argv[2]);
  const nothingRan = passed === 0 && failed === 0;
  process.stdout.write(`${passed} passed, ${nothingRan ? 1 : failed} failed\n`);
  process.exitCode = failed === 0 && !nothingRan ? 0 : 1;
}
