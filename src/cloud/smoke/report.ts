import type { SmokeResult } from './run-smoke.ts';

/** The forms a report can be written in, by file extension. */
export const REPORT_FORMS: Readonly<Record<string, (results: readonly SmokeResult[]) => string>> = {
  '.xml': junitReport,
  '.json': jsonReport,
  '.md': markdownReport,
};

export function jsonReport(results: readonly SmokeResult[]): string {
  const failed = results.filter((result) => !result.ok).length;
  return `${JSON.stringify({ v: 1, passed: results.length - failed, failed, results }, null, 2)}\n`;
}

/** JUnit's XML, as CI systems read it. */
export function junitReport(results: readonly SmokeResult[]): string {
  const failed = results.filter((result) => !result.ok).length;
  const seconds = (ms: number) => (ms / 1000).toFixed(3);
  const total = seconds(results.reduce((sum, result) => sum + result.ms, 0));
  const cases = results.map((result) => {
    const head = `    <testcase classname="triton-local" name="${escapeXml(result.name)}" time="${seconds(result.ms)}"`;
    if (result.ok) return `${head}/>`;
    const [first = ''] = result.differences;
    const failure = `<failure message="${escapeXml(first)}">${escapeXml(result.differences.join('\n'))}</failure>`;
    return `${head}>\n      ${failure}\n    </testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="${results.length}" failures="${failed}" time="${total}">`,
    `  <testsuite name="triton-local test" tests="${results.length}" failures="${failed}" time="${total}">`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

export function markdownReport(results: readonly SmokeResult[]): string {
  const rows = results.map((result) => {
    const cells = [
      result.ok ? 'passed' : 'FAILED',
      result.name,
      String(result.status ?? '–'),
      `${result.ms.toFixed(1)} ms`,
      result.differences.join('; '),
    ];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  });
  return ['| | Request | Status | Time | Differences |', '|---|---|---|---|---|', ...rows, ''].join('\n');
}

function escapeXml(text: string): string {
  const ENTITIES: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
  };
  // XML 1.0 has no way to write most control characters.
  const printable = text.replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD]/g, '\uFFFD');
  return printable.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}
