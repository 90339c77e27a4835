import { type Comparison, compareJson, show, type Tolerance } from './compare.ts';
import { parseJson } from './loose-json.ts';
import type { SampleRequest } from './sample-requests.ts';

type Expectation = SampleRequest['expect'];

/** A complete HTTP response. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/**
 * Compares a response with the expectation. If the status differs, the response is shown and nothing else is compared.
 * @returns the differences as text.
 */
export function compareAnswer(
  expect: Expectation,
  answer: Answer,
  tolerance: Tolerance,
  secrets: readonly string[],
): string[] {
  if (answer.status !== expect.status) {
    const text = show(readText(answer.body), secrets);
    return [`status: expected ${expect.status}, got ${answer.status} with ${text}`];
  }
  const differences = compareHeaders(expect, answer, secrets);
  if (expect.text !== undefined) {
    const text = answer.body.toString('utf8');
    if (text !== expect.text)
      differences.push(`text: expected ${show(expect.text, secrets)}, got ${show(text, secrets)}`);
  }
  if (expect.json === undefined && expect.jsonContains === undefined && !expect.outputs) return differences;
  let json: unknown;
  try {
    json = parseJson(jsonPart(answer));
  } catch {
    return [...differences, `json: the answer is not JSON: ${show(readText(answer.body), secrets)}`];
  }
  const comparison = { tolerance, secrets };
  if (expect.json !== undefined)
    differences.push(...compareJson(expect.json, json, { ...comparison, at: 'json' }));
  if (expect.jsonContains !== undefined)
    differences.push(...compareJson(expect.jsonContains, json, { ...comparison, at: 'json', partial: true }));
  if (expect.outputs) differences.push(...compareOutputs(expect.outputs, json, comparison));
  return differences;
}

function compareHeaders(expect: Expectation, { headers }: Answer, secrets: readonly string[]): string[] {
  return Object.entries(expect.headers).flatMap(([name, value]) => {
    const got = headers[name.toLowerCase()];
    const text = Array.isArray(got) ? got.join(', ') : got;
    return text === value
      ? []
      : [`headers.${name}: expected ${show(value, secrets)}, got ${show(text, secrets)}`];
  });
}

/** The JSON part of the body: in an inference response, binary tensors may follow it. */
function jsonPart({ headers, body }: Answer): string {
  const length = Number(headers['inference-header-content-length'] ?? body.length);
  return body.toString('utf8', 0, length);
}

/** As much of a body as may be shown. */
const readText = (body: Buffer): string => body.toString('utf8', 0, 10_000);

const EXACT: Tolerance = { absolute: 0, relative: 0 };
const FRACTIONS = new Set(['FP16', 'FP32', 'FP64', 'BF16']);

function compareOutputs(
  expected: NonNullable<Expectation['outputs']>,
  answer: unknown,
  comparison: Omit<Comparison, 'at'>,
): string[] {
  const listed = memberOf(answer, 'outputs');
  const outputs: readonly unknown[] = Array.isArray(listed) ? listed : [];
  return Object.entries(expected).flatMap(([name, { data, ...exact }]) => {
    const got = outputs.find((output) => memberOf(output, 'name') === name);
    const at = `outputs.${name}`;
    if (got === undefined) return [`${at}: missing`];
    const differences = compareJson(exact, got, { ...comparison, tolerance: EXACT, at, partial: true });
    if (data === undefined) return differences;
    const gotData = memberOf(got, 'data');
    if (!Array.isArray(gotData)) return [...differences, `${at}.data: the answer has no data as JSON`];
    const fractions = FRACTIONS.has(String(memberOf(got, 'datatype')));
    const found = compareJson(flat(data), flat(gotData), { ...comparison, at: `${at}.data`, fractions });
    return [...differences, ...found];
  });
}

/** More than any tensor has. */
const MOST_DIMENSIONS = 100;
const flat = (data: readonly unknown[]): unknown[] => data.flat(MOST_DIMENSIONS);

function memberOf(value: unknown, name: string): unknown {
  return value !== null && typeof value === 'object' ? Reflect.get(value, name) : undefined;
}
