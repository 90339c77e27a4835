// The differences between the real server's answers and ours that are meant, each with its reason: the only list.
import type { ComparableAnswer } from './comparison.ts';

export interface AllowedDifference {
  readonly what: string;
  readonly reason: string;
  /** The names of the cases, whole or up to a `*`. */
  readonly cases: readonly string[];
  /** What has to be so all the same. */
  readonly holds: (real: ComparableAnswer, ours: ComparableAnswer) => boolean;
}

const bothFail = (real: ComparableAnswer, ours: ComparableAnswer) => real.status >= 400 && ours.status >= 400;
const oursRefuses =
  (text: string) =>
  (_real: ComparableAnswer, ours: ComparableAnswer): boolean =>
    ours.status >= 400 && ours.body.includes(text);
const sameHead = (real: ComparableAnswer, ours: ComparableAnswer) => real.status === ours.status;

export const ALLOWED: readonly AllowedDifference[] = [
  {
    what: 'What is not HTTP is answered with 400 and the reason; Triton closes without an answer.',
    reason: 'An answer tells what is wrong. The connection is closed as well.',
    cases: ['broken: *', 'content-length: not a number', 'content-length: negative', 'http: garbage'],
    holds: (real, ours) => real.status === 0 && ours.status === 400 && ours.body.includes('not valid HTTP'),
  },
  {
    what: 'A request is refused with 400 that tells its length in two ways (`Content-Length` with `Transfer-Encoding`, either of them twice), or that has a space in a field name or a NUL in a value; Triton takes it.',
    reason:
      'A proxy in between can read another request in such bytes (request smuggling). Clients that do it: python-requests with an explicit `Content-Length` and a generator as body.',
    cases: ['ambiguous: *'],
    holds: (real, ours) =>
      real.status === 200 && ours.status === 400 && ours.body.includes('the request is not valid HTTP'),
  },
  {
    what: 'A header field of more than 16 KiB is taken; Triton closes without an answer.',
    reason: 'The head is limited to 4 MiB as a whole.',
    cases: ['field: of 20 kB'],
    holds: (real, ours) => real.status === 0 && ours.status === 200,
  },
  {
    what: 'A refused HEAD request is answered without a body; Triton sends one.',
    reason:
      'HTTP forbids it, node:http does not send it, and a client that keeps the connection would trip over it.',
    cases: ['method: HEAD *'],
    holds: (real, ours) => sameHead(real, ours) && ours.body === '',
  },
  {
    what: 'An answer to HTTP/1.0 carries `Connection` and `Content-Length`.',
    reason: 'node:http adds them; a client of HTTP/1.0 that knows them is served better.',
    cases: ['http: version 1.0'],
    holds: (real, ours) => sameHead(real, ours) && real.body === ours.body,
  },
  {
    what: '`Accept-Encoding: gzip` with white space behind it is understood; Triton takes it for another encoding.',
    reason: 'node:http removes the white space around values, which means nothing in HTTP.',
    cases: ['accept-encoding: " gzip "'],
    holds: (real, ours) => sameHead(real, ours) && real.body === ours.body,
  },
  {
    what: 'Shapes of more elements than 2^63, and JSON tensors of more than 64 MiB, are refused by name.',
    reason:
      'Limits are those of current Triton releases (2.58 and newer): 2.51 computes with the overflowed number, and dies of 2^63 - 1.',
    cases: [
      'inputs: with a dimension of 2^63',
      'inputs: with a shape whose product overflows',
      'inputs: with a shape whose bytes overflow',
      'inputs: with a huge shape',
      'inputs: with two overflowing dimensions and a zero',
    ],
    holds: bothFail,
  },
  {
    what: 'JSON, raw bodies and decompressed bodies of more than 64 MiB, and bodies of more than 65,536 chunks, are refused.',
    reason:
      'The limits and texts of current Triton releases ([E9](reference/triton.md#e9), [E14](reference/triton.md#e14), [E52](reference/triton.md#e52), [E90](reference/triton.md#e90)), which 2.51 does not have.',
    cases: ['limits: *'],
    holds: (real, ours) =>
      !/maximum/.test(real.body) &&
      ours.status === 400 &&
      /exceeds (the maximum allowed|maximum of 65536 non-empty chunks)/.test(ours.body),
  },
  {
    what: '`data` that nests deeper than 100 is refused.',
    reason: 'The limit of current Triton releases (2.58 and newer).',
    cases: ['nesting: data 101 deep', 'nesting: data 500 deep'],
    holds: oursRefuses('JSON nesting depth exceeds maximum allowed limit (100)'),
  },
  {
    what: 'JSON that nests deeper than 1,000 outside `data` is refused.',
    reason: 'No request looks like that, and the stack of a JavaScript program is bounded.',
    cases: ['nesting: an unknown member 1000 deep', 'nesting: an unknown member 5000 deep'],
    holds: oursRefuses('failed to parse the request JSON buffer'),
  },
  {
    what: 'Strings for ONNX models: cut at the first NUL, and only UTF-8.',
    reason:
      "Triton's ONNX Runtime backend cuts at a NUL, too (the peer runs Python models). Bytes that are not UTF-8 cannot be carried by onnxruntime-node; they are refused, never damaged.",
    cases: ['strings: a NUL inside, *', 'strings: not UTF-8, *'],
    holds: (real, ours) => sameHead(real, ours) || ours.body.includes('not UTF-8'),
  },
  {
    what: 'An input of no rows beside inputs with rows is refused; Triton lets it through when it comes last.',
    reason: 'Merged into a batch with the requests of other clients it would spoil their answers.',
    cases: ['core: an empty input before a batch of one'],
    holds: oursRefuses('batch size does not match other inputs'),
  },
  {
    what: 'The words of errors that come from what runs the model.',
    reason:
      'The peer runs Python models where ours runs ONNX; recorded answers of the real ONNX Runtime backend are held elsewhere.',
    cases: [
      'datatype: BYTES, a byte too few',
      'strings: a length beyond the end, *',
      'strings: a huge length, *',
      'core: only the optional input given',
    ],
    holds: sameHead,
  },
];

/** The difference that a case of this name may show. */
export function allowedFor(name: string): AllowedDifference | undefined {
  return ALLOWED.find(({ cases }) =>
    cases.some((pattern) =>
      pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
    ),
  );
}

/** Why some requests are sent to ours alone. */
export const FATAL_REASON =
  'The real 2.51.0 dies of these requests, or reads outside of its repository and is never ready again; ours answers an error or an empty result and goes on.';
