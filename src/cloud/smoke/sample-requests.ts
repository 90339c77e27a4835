import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { entryKind, messageOf, userError } from '../../base/index.ts';

/** Where the project's sample requests are looked for, in this order. */
export const SAMPLE_REQUEST_FILES = ['sample-requests.json', 'sample-requests.yaml', 'sample-requests.yml'];

const json = z.json();
const headers = z.record(z.string(), z.string());

const scoreCall = z.strictObject({
  method: z.enum(['GET', 'POST']).default('POST'),
  headers: headers.default({}),
  /** Sent as JSON. */
  body: json.optional(),
  /** Sent as it is; instead of `body`. */
  text: z.string().optional(),
  /** Sent byte for byte, the path counting from the file of the sample requests; instead of `body`. */
  bodyFile: z.string().optional(),
});

const inferCall = z.strictObject({
  model: z.string().min(1),
  version: z.string().optional(),
  /** As the protocol has them: name, datatype, shape, data. */
  inputs: z.array(z.looseObject({ name: z.string() })),
  outputs: z.array(z.looseObject({ name: z.string() })).optional(),
  parameters: z.record(z.string(), json).optional(),
});

const expectation = z.strictObject({
  status: z.number().int().default(200),
  /** The whole answer, numbers within the tolerance. */
  json: json.optional(),
  /** A part of the answer: keys that are not named may be anything. */
  jsonContains: json.optional(),
  text: z.string().optional(),
  /** Output tensors by name. */
  outputs: z
    .record(
      z.string(),
      z.strictObject({
        datatype: z.string().optional(),
        shape: z.array(z.number().int()).optional(),
        data: z.array(json).optional(),
      }),
    )
    .optional(),
});

const sampleRequest = z
  .strictObject({
    name: z.string().min(1),
    score: scoreCall.optional(),
    infer: inferCall.optional(),
    expect: expectation.default({ status: 200 }),
  })
  .refine((request) => (request.score === undefined) !== (request.infer === undefined), {
    error: 'give either score or infer',
  });

const sampleRequests = z.strictObject({
  version: z.literal(1),
  tolerance: z
    .strictObject({
      absolute: z.number().nonnegative().default(0),
      relative: z.number().nonnegative().default(0),
    })
    .default({ absolute: 1e-6, relative: 1e-5 }),
  requests: z.array(sampleRequest).min(1),
});

export type SampleRequest = z.infer<typeof sampleRequest>;
export type SampleRequests = z.infer<typeof sampleRequests> & {
  /** The file they came from. */
  readonly file: string;
};

/**
 * Reads the project's sample requests.
 * @throws REQUESTS_INVALID naming the file and the place in it (`requests[2].expect.status`).
 */
export async function readSampleRequests(projectDir: string, given?: string): Promise<SampleRequests> {
  const file = given ? path.resolve(given) : await findSampleRequests(projectDir);
  let document: unknown;
  try {
    document = parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw userError('REQUESTS_INVALID', `cannot read the sample requests: ${messageOf(error)}`, {
      location: { file },
      cause: error,
    });
  }
  const parsed = sampleRequests.safeParse(document);
  if (parsed.success) return { ...parsed.data, file };
  const mistakes = parsed.error.issues.map((issue) => `${place(issue.path)}: ${issue.message}`);
  throw userError('REQUESTS_INVALID', mistakes.join('\n'), { location: { file } });
}

async function findSampleRequests(projectDir: string): Promise<string> {
  for (const name of SAMPLE_REQUEST_FILES) {
    const file = path.join(projectDir, name);
    if ((await entryKind(file)) === 'file') return file;
  }
  throw userError('REQUESTS_INVALID', `${projectDir} has no sample requests`, {
    hint: `write ${SAMPLE_REQUEST_FILES[0]}, for example: {"version": 1, "requests": [{"name": "one", "score": {"body": {}}, "expect": {"status": 200}}]}`,
  });
}

/** `['requests', 2, 'expect']` as `requests[2].expect`. */
function place(steps: readonly PropertyKey[]): string {
  const text = steps.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  return text.replace(/^\./, '') || 'the file';
}
