import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventBus } from '../../../src/events/index.ts';
import type { InferenceServer } from '../../../src/inference/index.ts';
import { serve } from '../inference/golden-repository.ts';
import { RECORDED_OTHERWISE } from './recorded-otherwise.ts';
import { repositoryCases } from './repository-cases.ts';

/** How a Triton 2.51.0 with the ONNX Runtime backend (1.19.2, CPU) answered the load of a case. */
type Answer =
  /** Served; the keys of its configuration that differ from `base`. */
  | { readonly config: Readonly<Record<string, unknown>> }
  /** The failed load as reported to the client. */
  | { readonly error: string; readonly status: number }
  /** The folder could not be read: the log's words, or protobuf's with line and column. */
  | { readonly refused: string };

const read = (file: string) => JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as unknown;
const { base, answers } = read('answers.json') as {
  base: Readonly<Record<string, unknown>>;
  answers: Readonly<Record<string, Answer>>;
};
const ragged = read('ragged-answers.json') as Readonly<Record<string, readonly [number, unknown][]>>;

/** Rows that are sent one after the other, so that they form one batch in this order. */
const RAGGED_BATCHES: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  ones: [[1, 3], [1, 1], [1, 2]], // biome-ignore format: shapes read best in one line
  alone: [[1, 2]],
  alone2: [[2, 3]],
  twos: [[1, 3], [2, 2]], // biome-ignore format: shapes read best in one line
  three: [[3, 1]],
};

describe('the recorded answers of a real Triton to loads', () => {
  const repository = mkdtempSync(path.join(tmpdir(), 'triton-local-answers-'));
  const cases = repositoryCases();
  let lines: string[] = [];
  let server: InferenceServer;

  beforeAll(async () => {
    for (const [name, files] of cases) {
      for (const [file, content] of Object.entries(files)) {
        const target = path.join(repository, name, file);
        mkdirSync(file.endsWith('/') ? target : path.dirname(target), { recursive: true });
        if (!file.endsWith('/')) writeFileSync(target, content);
      }
    }
    const events = new EventBus();
    events.subscribe((event) => {
      if (event.type === 'log.line') lines.push(event.text);
    });
    server = await serve(repository, 'explicit', events);
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    rmSync(repository, { recursive: true, force: true });
  });

  const post = (target: string, body: unknown = {}) =>
    fetch(server.httpUrl + target, { method: 'POST', body: JSON.stringify(body) });

  const load = async (name: string): Promise<Answer> => {
    lines = [];
    const response = await post(`/v2/repository/models/${name}/load`);
    if (response.status === 200) {
      const config = (await (await fetch(`${server.httpUrl}/v2/models/${name}/config`)).json()) as object;
      await post(`/v2/repository/models/${name}/unload`);
      const own = JSON.parse(JSON.stringify(config).replaceAll(`"${name}`, '"<model>')) as object;
      return { config: Object.fromEntries(Object.entries(own).filter(([key, it]) => !same(it, base[key]))) };
    }
    const { error } = (await response.json()) as { error: string };
    if (!error.includes('failed to poll'))
      return { error: error.replaceAll(repository, '<repository>'), status: response.status };
    const start = `Poll failed for model directory '${name}': `;
    const line = lines.find((text) => text.startsWith(start)) ?? '';
    return { refused: line.slice(start.length).replaceAll(repository, '<repository>') };
  };

  const compare = async (name: string, expected: Answer) => {
    const actual = await load(name);
    // Where protobuf names line and column, ours says what is wrong in words of its own.
    if ('refused' in expected && expected.refused.startsWith('config.pbtxt '))
      expect(actual).toEqual({ refused: expect.stringContaining('is not a model configuration: ') });
    else expect(actual).toEqual(expected);
  };

  const known = Object.entries(answers);
  it.each(known.filter(([name]) => !(name in RECORDED_OTHERWISE)))('%s: the same', compare);
  it.each(Object.entries(RECORDED_OTHERWISE))('%s: different, as listed', async (name, wanted) => {
    expect(JSON.stringify(await load(name))).toContain(wanted);
  });

  it('has an answer, or a reason, for every case', () => {
    const missing = [...cases.keys()].filter((name) => !(name in answers) && !(name in RECORDED_OTHERWISE));
    expect(missing).toEqual([]);
    expect(cases.size).toBeGreaterThan(700);
  });

  it.each(Object.entries(ragged))('ragged rows: %s: the same', async (key, expected) => {
    const [name = '', batch = ''] = key.split('/');
    await post(`/v2/repository/models/${name}/load`);
    const pending: Promise<Response>[] = [];
    for (const [index, shape] of (RAGGED_BATCHES[batch] ?? []).entries()) {
      const data = Array.from({ length: shape[0] * shape[1] }, (_, at) => 10 * index + at);
      const inputs = [{ name: 'INPUT0', datatype: 'FP32', shape, data }];
      pending.push(post(`/v2/models/${name}/infer`, { id: `r${index}`, inputs }));
      // They have to arrive in this order; the model waits longer for its batch.
      await sleep(20);
    }
    const got = await Promise.all(
      pending.map(async (answer) => [(await answer).status, await (await answer).json()]),
    );
    expect(got).toEqual(expected);
  });
});

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
