import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InferenceServer } from '../../../src/inference/index.ts';
import { comparable, sendGolden } from './golden-answer.ts';
import {
  type GoldenAnswer,
  readGoldenCases,
  removeRepository,
  serve,
  unpackGolden,
} from './golden-repository.ts';

const cases = readGoldenCases();
const tally = { equal: 0, cases: 0 };

afterAll(() => {
  process.stdout.write(`golden: ${tally.equal} of ${tally.cases} answers equal those of Triton 2.51.0\n`);
});

describe('the recorded answers of the real Triton', () => {
  let repository: string;
  let server: InferenceServer;

  beforeAll(async () => {
    repository = unpackGolden('good');
    server = await serve(repository);
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    removeRepository(repository);
  });

  it.each(cases.metadata)('metadata: $path', async (expected) => {
    const response = await fetch(server.httpUrl + expected.path);
    await compare(expected, response);
  });

  it.each(cases.infer)('infer: $name', async (golden) => {
    await compare(golden.expect, await sendGolden(server.httpUrl, golden));
  });
});

describe('the recorded load failures of the real Triton', () => {
  let repository: string;
  let server: InferenceServer;

  beforeAll(async () => {
    repository = unpackGolden('bad');
    server = await serve(repository, 'explicit');
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    removeRepository(repository);
  });

  it.each(cases.load)('load: $model', async ({ model, status, body }) => {
    const response = await fetch(`${server.httpUrl}/v2/repository/models/${model}/load`, { method: 'POST' });
    await compare({ status, body }, response);
  });
});

async function compare(expected: GoldenAnswer, response: Response): Promise<void> {
  tally.cases += 1;
  const { actual, wanted } = await comparable(expected, response);
  expect(actual).toEqual(wanted);
  tally.equal += 1;
}
