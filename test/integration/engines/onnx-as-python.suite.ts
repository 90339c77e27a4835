import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine, RunningEngine } from '../../../src/engines/index.ts';
import { TempFolder } from '../../helpers/temp-project.ts';
import { comparable, sendGolden } from '../inference/golden-answer.ts';
import {
  type GoldenAnswer,
  readGoldenCases,
  removeRepository,
  unpackGolden,
} from '../inference/golden-repository.ts';

export interface OnnxSubject {
  readonly name: string;
  /** Whether it can run here; skipped otherwise. */
  readonly isThere: boolean;
  readonly make: (repository: string, workDirectory: string) => Engine;
}

const cases = readGoldenCases();

/** Recorded with ONNX Runtime 1.19; later ones give these failures another code. */
const OTHER_CODES = ['reshape_rt/does not fit', 'bad_empty_file'];

/** ONNX models on an engine without their backend answer as Triton 2.51.0 did with it, but for what names the backend. */
export function describeOnnxAsPython({ name, isThere, make }: OnnxSubject): void {
  const serveGolden = async (which: 'good' | 'bad') => {
    const folder = await TempFolder.create('triton-local-onnx-');
    const repository = unpackGolden(which);
    const running = await make(repository, folder.path('work')).start(new AbortController().signal);
    return {
      running,
      end: async () => {
        await running[Symbol.asyncDispose]();
        removeRepository(repository);
        await folder[Symbol.asyncDispose]();
      },
    };
  };

  describe.skipIf(!isThere)(`ONNX models on ${name}`, () => {
    let running: RunningEngine;
    let end: (() => Promise<void>) | undefined;

    beforeAll(async () => {
      ({ running, end } = await serveGolden('good'));
    }, 400_000);
    afterAll(() => end?.());

    const differences = async <Case extends GoldenAnswer>(
      what: string,
      answers: readonly (readonly [name: string, expected: Case, send: () => Promise<Response>])[],
    ) => {
      const different: unknown[] = [];
      for (const [name, expected, send] of answers) {
        const { actual, wanted } = await comparable(expected, await send());
        if (!isDeepStrictEqual(actual, wanted)) different.push({ name, actual, wanted });
      }
      const equal = answers.length - different.length;
      process.stdout.write(`${name}: ${equal} of ${answers.length} ${what} equal those of Triton 2.51.0\n`);
      return different;
    };

    test('answer as the real ONNX Runtime backend did', async () => {
      const { http } = running.endpoints;
      const answers = cases.infer
        .filter(({ name }) => !OTHER_CODES.includes(name))
        .map((golden) => [golden.name, golden.expect, () => sendGolden(http, golden)] as const);
      expect(await differences('answers', answers)).toEqual([]);
    }, 120_000);

    test('show metadata and configuration of the ONNX model, but for the backend', async () => {
      const answers = cases.metadata.map((golden) => {
        const body =
          golden.path.endsWith('/config') && golden.status === 200
            ? { ...(golden.body as object), backend: 'python', default_model_filename: 'model.py' }
            : golden.body;
        return [golden.path, { ...golden, body }, () => fetch(running.endpoints.http + golden.path)] as const;
      });
      expect(await differences('metadata', answers)).toEqual([]);
    }, 120_000);
  });

  describe.skipIf(!isThere)(`ONNX models that fail to load on ${name}`, () => {
    let running: RunningEngine;
    let end: (() => Promise<void>) | undefined;

    beforeAll(async () => {
      ({ running, end } = await serveGolden('bad'));
    }, 400_000);
    afterAll(() => end?.());

    test("have the ONNX Runtime backend's reasons, but for the status", () => {
      const told = new Map<string, string>();
      for (const { name, reason } of running.models()) told.set(name, withoutStatus(reason));
      // The others fail in Triton's core, before any backend.
      const failed = cases.load.filter(({ model, body }) => isBackends(body) && !OTHER_CODES.includes(model));
      const different = failed.flatMap(({ model, body }) => {
        const { error } = body as { error: string };
        const wanted = withoutStatus(
          error.replace(/^load failed for model '[^']*': version \d+ is at UNAVAILABLE state: /, ''),
        );
        return told.get(model) === wanted ? [] : [{ model, actual: told.get(model), wanted }];
      });
      process.stdout.write(
        `${name}: ${failed.length - different.length} of ${failed.length} reasons equal\n`,
      );
      expect(different).toEqual([]);
    });
  });
}

function isBackends(body: unknown): boolean {
  return /version \d+ is at UNAVAILABLE state: /.test(JSON.stringify(body));
}

function withoutStatus(reason: string): string {
  return reason
    .replace(/^(?:Internal|Invalid argument|Unsupported|Not found): /, '')
    .replace(/[;\s]+$/, '')
    .replace(/(failed to stat file ).*(\/[^/]+\/\d+\/[^/;]+)$/, '$1<repository>$2')
    .replace(/(onnx runtime error \d+: )[\s\S]*$/, '$1<onnxruntime>');
}
