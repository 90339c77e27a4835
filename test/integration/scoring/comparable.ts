import type { RawAnswer, WireAnswer } from '../../unit/scoring/raw-http.ts';
import { OWN_FIELDS } from './cases/allowed.ts';

/** What must be equal in an answer: status line, header fields in order, body; or that there is no answer. */
export function comparable(answer: WireAnswer) {
  if (answer === undefined) return 'no answer';
  const { status, reason, headers, body } = answer;
  const isSwagger = /"(?:swagger|openapi)": "[23]\./.test(body.toString('latin1', 0, 40));
  return {
    line: `${status} ${reason}`,
    headers: headers
      .filter(([name]) => !OWN_FIELDS.has(name.toLowerCase()))
      .map(([name, value]) => `${name}: ${masked(name, value)}`)
      .filter((field) => !(isSwagger && field.startsWith('Content-Length:'))),
    body: isSwagger ? withoutExplanations(answer) : body.toString('latin1'),
  };
}

/** Fresh ids and times are only known by their form; lists in the order of a set are put in one order. */
function masked(name: string, value: string): string {
  if (/^x-ms-run-fn-exec-ms$/i.test(name)) return value.replace(/^\d+\.\d{3}$/, '<ms>');
  if (/^(?:allow|access-control-allow-methods)$/i.test(name)) return value.split(', ').sort().join(', ');
  return value.replace(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/, '<uuid>');
}

/** The explanations of a generated description are our own words. */
function withoutExplanations({ body }: RawAnswer): string {
  return body.toString('latin1').replace(/"description": "(?:[^"\\]|\\.)*"/g, '"description": ""');
}
