import type { SmokeResult } from './run-smoke.ts';

/** The forms a report can be written in, by file extension. */
export const REPORT_FORMS: Readonly<Record<string, (results: readonly SmokeResult[]) => string>> = {
  '.xml': junitReport,
  '.json': jsonReport,
  '.md': markdownReport,
};

/** `{v, passed, failed, results}` with the results as `runSmoke` gives them. */
export function jsonReport(results: readonly SmokeResult[]): string {
  const failed = countFailed(results);
  return `${JSON.stringify({ v: 1, passed: results.length - failed, failed, results }, null, 2)}\n`;
}

/** JUnit's XML, as the test views of Azure Pipelines, GitHub, GitLab and Jenkins read it. */
export function junitReport(results: readonly SmokeResult[]): string {
  const total = results.reduce((sum, { ms }) => sum + ms, 0);
  const sums = `tests="${results.length}" failures="${countFailed(results)}" errors="0" skipped="0" time="${seconds(total)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${sums}>`,
    `  <testsuite name="triton-local test" ${sums}>`,
    ...results.map(junitCase),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

export function markdownReport(results: readonly SmokeResult[]): string {
  const failed = countFailed(results);
  const rows = results.map(({ ok, name, status, ms, differences }) => {
    const cells = [
      ok ? 'passed' : '**failed**',
      escapeMarkdown(name),
      String(status ?? '–'),
      `${ms.toFixed(1)} ms`,
      differences.map(escapeMarkdown).join('<br>'),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    `${results.length - failed} passed, ${failed} failed`,
    '',
    '| Result | Request | Status | Time | Differences |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

const countFailed = (results: readonly SmokeResult[]): number => results.filter(({ ok }) => !ok).length;

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

function junitCase({ name, ok, ms, differences }: SmokeResult): string {
  const head = `    <testcase classname="triton-local" name="${escapeXml(name)}" time="${seconds(ms)}"`;
  if (ok) return `${head}/>`;
  const [first = ''] = differences;
  const failure = `<failure message="${escapeXml(first)}">${escapeXml(differences.join('\n'))}</failure>`;
  return `${head}>\n      ${failure}\n    </testcase>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  // In an attribute they would be read as spaces.
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

function escapeXml(text: string): string {
  return text
    .replace(NOT_IN_XML, '\uFFFD')
    .replace(/[&<>"\t\n\r]/g, (character) => ENTITIES[character] ?? character);
}

/** XML 1.0 has no way to write most control characters, nor half of a surrogate pair. */
const NOT_IN_XML = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

/** Text that stays text in a table's cell. */
function escapeMarkdown(text: string): string {
  return text
    .replace(/[\\`*_[\]|~]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/\s+/g, ' ');
}
