import type { ComparableAnswer } from './comparison.ts';

/**
 * An answer of an ensemble as its readers understand it. Triton gives the outputs in no order, which their binary data
 * follows, and repeats the parameters of a sequence with each of them.
 */
export function sameForReaders(answer: ComparableAnswer): object {
  const { 'content-length': _length, 'inference-header-content-length': header, ...headers } = answer.headers;
  const read = (body: unknown) => ({ status: answer.status, headers, body });
  if (headers['content-type']?.startsWith('text/event-stream')) return read(events(answer));
  if (answer.status !== 200) return read(answer.body);
  if (header !== undefined) return read(outputs(answer.body, Number(header)));
  // Of a request that fails inside, Triton 2.51 counts the failure of some steps once more.
  const text = answer.body.replace(/"fail":\{"count":\d+/, '"fail":{"count":0');
  return read(outputs(text, text.length));
}

interface Output {
  readonly name: string;
  readonly parameters?: { readonly binary_data_size?: number };
}

/** A JSON answer with its outputs in order of their names, each with its binary data. */
function outputs(body: string, headerLength: number): object {
  // JSON has no such numbers, Triton's has.
  const text = body.slice(0, headerLength).replace(/(?<=[[,])-?(?:Infinity|NaN)(?=[,\]])/g, '"$&"');
  const head = JSON.parse(text) as { readonly outputs?: readonly Output[] };
  let at = headerLength;
  const read = head.outputs?.map((output) => {
    const size = output.parameters?.binary_data_size ?? 0;
    at += size;
    return { ...output, binary: body.slice(at - size, at) };
  });
  return { ...head, outputs: read?.sort((a, b) => a.name.localeCompare(b.name)) };
}

/** The events of a stream in their order; the members of each in any. */
function events({ body }: ComparableAnswer): readonly object[] {
  return body
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => JSON.parse(event.replace(/^data: /, '')) as object);
}
