import { z } from 'zod';
import { closestName } from '../../base/index.ts';

const headers = z.record(z.string(), z.string());

const scoreCall = strict({
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']).default('POST'),
  /** Relative to the service's root, so that `/` is its health; `/score` by default. */
  path: z.string().startsWith('/', 'must start with /').optional(),
  headers: headers.default({}),
  /** Sent as JSON. */
  body: z.unknown().optional(),
  /** Sent as it is. */
  text: z.string().optional(),
  /** Sent byte for byte; the path is relative to the file of the sample requests. */
  bodyFile: z.string().optional(),
})
  .refine(({ body, text, bodyFile }) => [body, text, bodyFile].filter((it) => it !== undefined).length < 2, {
    error: 'give one of body, text and bodyFile',
  })
  .refine(
    ({ method, body, text, bodyFile }) =>
      !['GET', 'HEAD'].includes(method) || (body ?? text ?? bodyFile) === undefined,
    { error: 'GET and HEAD carry no body' },
  );

/** As the protocol defines it. The contents of tensors are not checked: a test may expect the server to reject them. */
const inferCall = strict({
  model: z.string().min(1),
  version: z.union([z.string(), z.int().positive().transform(String)]).optional(),
  id: z.string().optional(),
  inputs: z.array(z.looseObject({ name: z.string() })),
  outputs: z.array(z.looseObject({ name: z.string() })).optional(),
  parameters: z.record(z.string(), z.unknown()).optional(),
});

const expectation = strict({
  status: z.int().min(100).max(599).default(200),
  headers: headers.default({}),
  /** The whole response, numbers within the tolerance. */
  json: z.unknown().optional(),
  /** Part of the response: other keys may have any value. */
  jsonContains: z.unknown().optional(),
  text: z.string().optional(),
  /** Output tensors by name. */
  outputs: z
    .record(
      z.string(),
      strict({
        datatype: z.string().optional(),
        shape: z.array(z.int()).optional(),
        /** Flat, as servers respond, or nested. */
        data: z.array(z.unknown()).optional(),
      }),
    )
    .optional(),
});

const sampleRequest = strict({
  name: z.string().min(1),
  score: scoreCall.optional(),
  infer: inferCall.optional(),
  expect: expectation.default({ status: 200, headers: {} }),
}).refine(({ score, infer }) => (score === undefined) !== (infer === undefined), {
  error: 'give either score or infer',
});

/** The format of `sample-requests.json`. */
export const sampleRequestsSchema = strict({
  version: z.literal(1),
  tolerance: strict({
    absolute: z.number().nonnegative().default(0),
    relative: z.number().nonnegative().default(0),
  }).default({ absolute: 1e-6, relative: 1e-5 }),
  requests: z.array(sampleRequest).min(1),
});

export type SampleRequest = z.infer<typeof sampleRequest>;
export type SampleRequests = z.infer<typeof sampleRequestsSchema> & {
  /** The file that they were read from. */
  readonly file: string;
};

/** An object that rejects unknown keys and suggests a known one. */
function strict<Shape extends z.ZodRawShape>(shape: Shape) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys?.map((key) => unknownKey(String(key), known)).join('; ')
        : undefined,
  });
}

function unknownKey(key: string, known: readonly string[]): string {
  const near = closestName(key, known);
  return `unknown key "${key}"${near ? `, did you mean "${near}"?` : `; known keys are ${known.join(', ')}`}`;
}
