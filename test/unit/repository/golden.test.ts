import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  checkOnnxInterface,
  completeOnnxConfig,
  ModelConfigError,
  type ModelErrorStatus,
  modelConfigJson,
  type OnnxInterface,
  readModelDefinition,
} from '../../../src/repository/index.ts';
import { type GoldenRepositories, readGolden, unpackGolden } from './golden.ts';
import { readOnnxInterface } from './onnx-file.ts';

const golden = readGolden();
let repositories: GoldenRepositories;

beforeAll(async () => {
  repositories = await unpackGolden();
});

afterAll(() => repositories[Symbol.asyncDispose]());

describe('GET /v2/models/M/config', () => {
  const answers = golden.metadata.filter(({ path, status }) => path.endsWith('/config') && status === 200);
  it.each(answers)('$path is what Triton answers', async ({ path, body }) => {
    const [, model = '', version] = /^\/v2\/models\/([^/]+)(?:\/versions\/(\d+))?\/config$/.exec(path) ?? [];
    const definition = await readModelDefinition(repositories.good, model);
    const file = version
      ? definition.versions.find((candidate) => candidate.version === version)?.modelFile
      : definition.versions.at(-1)?.modelFile;
    const onnx = await readOnnxInterface(file ?? 'no such version');
    const config = completeOnnxConfig(definition.config, onnx);
    expect(() => checkOnnxInterface(config, onnx)).not.toThrow();
    expect(sorted(modelConfigJson(config))).toEqual(sorted(body));
    expect(Object.keys(modelConfigJson(config) as object)).toEqual(Object.keys(body as object));
    expect(keysOf(sorted(modelConfigJson(config)))).toEqual(keysOf(sorted(body)));
    expect(completeOnnxConfig(config, onnx)).toEqual(config);
  });

  it('serves the versions that the policy chooses', async () => {
    const { versions } = await readModelDefinition(repositories.good, 'cfg_vp_specific');
    expect(versions.map(({ version }) => version)).toEqual(['1', '3']);
  });
});

describe('POST /v2/repository/models/M/load', () => {
  // What these get wrong is not the configuration: the file itself, warm-up data, or the ensemble's other members.
  const ELSEWHERE =
    /^(?:bad_no_file_full|bad_empty_file|bad_truncated|bad_v2_garbage|bad_filename|bad_warm_\w+|bad_ens_(?:member|input|output|version|cycle_a))$/;
  const answers = golden.load.filter(({ model }) => !ELSEWHERE.test(model));

  it.each(answers)('$model fails as in Triton', async ({ model, status, body }) => {
    expect(await load(model)).toEqual({ status, error: body?.error });
  });

  async function load(model: string): Promise<{ status: number; error: string | undefined }> {
    try {
      const { config, versions } = await readModelDefinition(repositories.bad, model);
      if (versions.length === 0)
        return { status: 400, error: `load failed for model '${model}': ${NO_VERSION} '${model}'\n` };
      for (const { version, modelFile } of versions) {
        try {
          const onnx = model === 'bad_bf16' ? BF16 : await readOnnxInterface(modelFile);
          checkOnnxInterface(completeOnnxConfig(config, onnx), onnx);
        } catch (error) {
          if (!(error instanceof ModelConfigError)) throw error;
          const reason = `version ${version} is at UNAVAILABLE state: ${STATUS_TEXT[error.status]}: ${error.message};`;
          return { status: 400, error: `load failed for model '${model}': ${reason}\n` };
        }
      }
      return { status: 200, error: undefined };
    } catch (error) {
      if (!(error instanceof ModelConfigError)) throw error;
      return { status: 500, error: `failed to load '${model}', failed to poll from model repository` };
    }
  }
});

const NO_VERSION = 'at least one version must be available under the version policy of model';

// ONNX Runtime's JavaScript has no such element type and refuses the file.
const BF16: OnnxInterface = {
  inputs: [{ name: 'INPUT', dataType: 'TYPE_BF16', shape: [-1, 2] }],
  outputs: [{ name: 'OUTPUT', dataType: 'TYPE_BF16', shape: [-1, 2] }],
};

const STATUS_TEXT: Readonly<Record<ModelErrorStatus, string>> = {
  INVALID_ARG: 'Invalid argument',
  INTERNAL: 'Internal',
  NOT_FOUND: 'Not found',
  UNSUPPORTED: 'Unsupported',
  UNAVAILABLE: 'Unavailable',
};

/** Auto-completed tensors come in no order of meaning. */
function sorted(config: unknown): unknown {
  const { input, output, ...rest } = config as { input: { name: string }[]; output: { name: string }[] };
  const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
  return { ...rest, input: [...input].sort(byName), output: [...output].sort(byName) };
}

/** The order of keys on each level, except in maps, where it has no meaning. */
function keysOf(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((element) => keysOf(element));
  if (typeof value !== 'object' || value === null) return null;
  if (name === 'parameters' || name === 'inputs') return null;
  return Object.entries(value).map(([key, member]) => [key, keysOf(member, key)]);
}
