import { readdir, readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSampleRequests } from '../../../src/cloud/index.ts';
import { parseModelConfigText, readLabels, readModelDefinition } from '../../../src/repository/index.ts';
import { digitsSample } from '../../helpers/temp-project.ts';

const MODEL = path.join(digitsSample, 'models/triton/digits');
const ONNX = path.join(MODEL, '1/model.onnx');
const PIXELS = 64;
const CLASSES = 10;

interface HeldOut {
  readonly accuracy: number;
  readonly images: readonly (readonly (readonly number[])[])[];
  readonly labels: readonly number[];
}

const readText = (name: string) => readFile(path.join(digitsSample, name), 'utf8');
const readHeldOut = async (): Promise<HeldOut> => JSON.parse(await readText('held-out.json'));

describe('the model', () => {
  it('is below 200 kB', async () => {
    expect((await stat(ONNX)).size).toBeLessThan(200_000);
  });

  it('recognises the held-out images as often as the README says', async () => {
    const { images, labels, accuracy } = await readHeldOut();
    const rows = await classify(images.flat(2));
    const right = rows.filter((row, at) => row.indexOf(Math.max(...row)) === labels[at]).length;
    expect(rows).toHaveLength(labels.length);
    expect(right / labels.length).toBeCloseTo(accuracy, 4);
    expect(await readText('README.md')).toContain(
      `**${((100 * right) / labels.length).toFixed(2)} %**, ${right} of the ${labels.length} images`,
    );
  });

  it('gives each image of a batch what it gives it alone', async () => {
    const { images } = await readHeldOut();
    const pixels = images.slice(0, 8).flat(2);
    const [third] = await classify(pixels.slice(2 * PIXELS, 3 * PIXELS));
    for (const [at, probability] of (await classify(pixels)).at(2)?.entries() ?? []) {
      expect(probability).toBeCloseTo(third?.[at] ?? Number.NaN, 5);
    }
  });

  it('has a config that names the tensors of the file, batches, and a label for each class', async () => {
    const file = path.join(MODEL, 'config.pbtxt');
    const config = parseModelConfigText(await readFile(file, 'utf8'), file);
    const { InferenceSession } = runtime();
    const session = await InferenceSession.create(ONNX);
    expect(config).toMatchObject({ name: 'digits', platform: 'onnxruntime_onnx' });
    expect(config.max_batch_size).toBeGreaterThan(1);
    expect(config.dynamic_batching).toBeDefined();
    expect(config.input.map((input) => input.name)).toEqual(session.inputNames);
    expect(config.output.map((output) => output.name)).toEqual(session.outputNames);
    await session.release();
    const definition = await readModelDefinition(path.dirname(MODEL), 'digits');
    const [output] = config.output;
    const labels = output && (await readLabels(definition, output));
    expect(labels).toEqual(Array.from({ length: CLASSES }, (_, digit) => String(digit)));
  });
});

describe('the files', () => {
  it('hold 360 held-out images of 8x8 values from 0 to 16 with a label each', async () => {
    const { images, labels } = await readHeldOut();
    expect(images).toHaveLength(360);
    expect(labels).toHaveLength(360);
    expect(new Set(labels).size).toBe(CLASSES);
    for (const image of images) {
      expect(image.map((row) => row.length)).toEqual(Array(8).fill(8));
      expect(image.flat().every((value) => Number.isInteger(value) && value >= 0 && value <= 16)).toBe(true);
    }
  });

  it('hold sample requests for the script, the model and a bad input, all from the held-out part', async () => {
    const { requests } = await readSampleRequests(digitsSample);
    const known = new Set((await readHeldOut()).images.map((image) => image.flat().join()));
    const sent = requests.flatMap(({ score, infer }) => {
      const body = score?.body as { image?: number[][] } | undefined;
      const flat = body?.image?.flat() ?? (infer?.inputs[0]?.data as number[] | undefined) ?? [];
      return Array.from({ length: flat.length / PIXELS }, (_, at) =>
        flat.slice(at * PIXELS, (at + 1) * PIXELS).join(),
      );
    });
    expect(sent.length).toBeGreaterThanOrEqual(5);
    expect(sent.filter((image) => !known.has(image))).toEqual([]);
    expect(requests.filter((request) => request.infer)).not.toEqual([]);
    expect(requests.map((request) => request.expect.status)).toContain(400);
  });

  it('name no folder of the machine they were made on', async () => {
    for (const file of await readdir(digitsSample, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      const name = path.join(file.parentPath, file.name);
      expect(await readFile(name, 'latin1'), name).not.toMatch(/\/(?:home|root|tmp|work|Users)\/|[A-Z]:\\/);
    }
  });
});

interface Runtime {
  readonly InferenceSession: {
    create(file: string): Promise<{
      readonly inputNames: readonly string[];
      readonly outputNames: readonly string[];
      run(feeds: object): Promise<Record<string, { readonly data: Float32Array }>>;
      release(): Promise<void>;
    }>;
  };
  readonly Tensor: new (type: string, data: Float32Array, dims: readonly number[]) => object;
}

const runtime = () => createRequire(import.meta.url)('onnxruntime-node') as Runtime;

/** The probabilities of each image, as the real ONNX Runtime gives them for one batch. */
async function classify(pixels: readonly number[]): Promise<number[][]> {
  const { InferenceSession, Tensor } = runtime();
  const session = await InferenceSession.create(ONNX);
  const size = pixels.length / PIXELS;
  const image = new Tensor('float32', Float32Array.from(pixels), [size, PIXELS]);
  const answer = (await session.run({ image })).probabilities?.data ?? new Float32Array();
  await session.release();
  return Array.from({ length: size }, (_, at) => [...answer.slice(at * CLASSES, (at + 1) * CLASSES)]);
}
