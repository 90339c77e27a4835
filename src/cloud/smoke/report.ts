import type { SmokeEvidence, SmokeResult } from './run-smoke.ts';

/** The formats of a report, by file extension. */
export const REPORT_FORMS: Readonly<Record<string, (results: readonly SmokeResult[]) => string>> = {
  '.xml': junitReport,
  '.json': jsonReport,
  '.md': markdownReport,
};

/** `{v, passed, failed, results}`, with the results of `runSmoke`. */
export function jsonReport(results: readonly SmokeResult[]): string {
  const failed = countFailed(results);
  return `${JSON.stringify({ v: 1, passed: results.length - failed, failed, results }, null, 2)}\n`;
}

/** JUnit XML, as read by the test views of Azure Pipelines, GitHub, GitLab and Jenkins. */
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
    ...results.flatMap(markdownEvidence),
  ].join('\n');
}

function markdownEvidence({ name, evidence }: SmokeResult): string[] {
  if (!evidence) return [];
  const text = evidenceText(evidence);
  // Must be longer than any run of backticks in the text.
  const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length + 1)));
  return [`## ${escapeMarkdown(name)}`, '', `${fence}text`, text, fence, ''];
}

/** The request, the response and the log as text, in the style of `curl -v`. */
function evidenceText({ request, answer, generation, log }: SmokeEvidence): string {
  const fields = (headers: Readonly<Record<string, string>>) =>
    Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [
    `> ${request.method} ${request.url}`,
    ...fields(request.headers).map((field) => `> ${field}`),
    ...(request.body === null ? [] : ['', request.body]),
    '',
    ...(answer
      ? [`< ${answer.status}`, ...fields(answer.headers).map((field) => `< ${field}`), '', answer.body]
      : ['< no answer']),
    ...(generation === null ? [] : ['', `generation ${generation}`]),
    ...(log.length > 0 ? ['', 'log:', ...log.map((line) => `  ${line}`)] : []),
  ].join('\n');
}

const countFailed = (results: readonly SmokeResult[]): number => results.filter(({ ok }) => !ok).length;

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

function junitCase({ name, ok, ms, differences, evidence }: SmokeResult): string {
  const head = `    <testcase classname="triton-local" name="${escapeXml(name)}" time="${seconds(ms)}"`;
  if (ok) return `${head}/>`;
  const [first = ''] = differences;
  const failure = `<failure message="${escapeXml(first)}">${escapeXml(differences.join('\n'))}</failure>`;
  const output = evidence ? `\n      <system-out>${escapeXml(evidenceText(evidence))}</system-out>` : '';
  return `${head}>\n      ${failure}${output}\n    </testcase>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  // Unescaped, an attribute would turn these into spaces.
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

function escapeXml(text: string): string {
  return text
    .replace(NOT_IN_XML, '\uFFFD')
    .replace(/[&<>"\t\n\r]/g, (character) => ENTITIES[character] ?? character);
}

/** XML 1.0 cannot express most control characters, nor half of a surrogate pair. */
const NOT_IN_XML = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

/** Escapes text for the cell of a table. */
function escapeMarkdown(text: string): string {
  return text
    .replace(/[\\`*_[\]|~]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/\s+/g, ' ');
}
