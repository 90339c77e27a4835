import { type GoldenAnswer, type GoldenCases, parseLenient } from './golden-repository.ts';

/** Sends a recorded inference request. */
export function sendGolden(
  url: string,
  { model, version, headers, json, binary }: GoldenCases['infer'][number],
): Promise<Response> {
  const head = Buffer.from(json ?? '', 'utf8');
  const tail = Buffer.from(binary ?? '', 'base64');
  const sent: Record<string, string> = { ...headers };
  if (binary !== undefined || json === undefined)
    sent['Inference-Header-Content-Length'] = String(head.length);
  const target = version === undefined ? model : `${model}/versions/${version}`;
  return fetch(`${url}/v2/models/${target}/infer`, {
    method: 'POST',
    headers: { 'Accept-Encoding': 'identity', ...sent },
    body: Buffer.concat([head, tail]),
  });
}

/** A recorded answer and a fresh one, each without what Triton does not promise (see the fixture's README). */
export async function comparable(
  expected: GoldenAnswer,
  response: Response,
): Promise<{ readonly actual: unknown; readonly wanted: unknown }> {
  const bytes = Buffer.from(await response.arrayBuffer());
  const length = response.headers.get('inference-header-content-length');
  const json = bytes.toString('utf8', 0, length === null ? bytes.length : Number(length));
  const { status, contentType, body, binary } = expected;
  const actual = {
    status: response.status,
    ...(contentType ? { contentType: response.headers.get('content-type') } : {}),
    body: json === '' ? null : normalize(parseLenient(json)),
    binary: length === null ? undefined : bytes.subarray(Number(length)).toString('base64'),
  };
  const sent = binary === undefined ? undefined : Buffer.from(binary, 'base64');
  const close = sent && closeFloats(sent, bytes.subarray(Number(length)));
  const wanted = {
    status,
    ...(contentType ? { contentType } : {}),
    body: normalize(body),
    binary: close ? actual.binary : binary,
  };
  return { actual, wanted };
}

/** Leaves out what Triton does not promise (see the fixture's README). */
function normalize(value: unknown, key = ''): unknown {
  if (typeof value === 'number' && !Number.isInteger(value)) return Number(value.toPrecision(5));
  if (typeof value === 'string') return key === 'error' ? normalizeError(value) : value;
  if (Array.isArray(value)) {
    const items = value.map((item) => normalize(item));
    const named = ['inputs', 'outputs', 'input', 'output'].includes(key);
    const isMetadata = named && items.every((item) => !('data' in (item as object)));
    return isMetadata ? items.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)) : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !NEWER_KEYS.has(name))
      .map(([name, member]) => [name, normalize(member, name)]),
  );
}

const NEWER_KEYS = new Set(['is_non_linear_format_io', 'model_metrics']);

function nameOf(item: unknown): string {
  return String((item as { name?: unknown }).name);
}

function normalizeError(message: string): string {
  return message
    .replace(/(onnx runtime error \d+: )[\s\S]*?(;?\n?)$/, (_all, start: string) => `${start}<onnxruntime>`)
    .replace(/(failed to stat file ).*(\/[^/]+\/\d+\/[^/;]+)/, '$1<repository>$2')
    .replace(/\[('[^\]]*')\]/g, (_all, names: string) => `[${names.split(',').sort().join(',')}]`);
}

function closeFloats(expected: Buffer, actual: Buffer): boolean {
  if (expected.equals(actual)) return true;
  if (expected.length !== actual.length || expected.length % 4 !== 0) return false;
  for (let at = 0; at < expected.length; at += 4) {
    const wanted = expected.readFloatLE(at);
    if (expected.readUInt32LE(at) === actual.readUInt32LE(at)) continue;
    if (!(Math.abs(wanted - actual.readFloatLE(at)) <= 1e-5 * Math.max(1, Math.abs(wanted)))) return false;
  }
  return true;
}
