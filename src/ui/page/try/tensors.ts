/** A tensor as the metadata of a model describes it. */
export interface TensorMetadata {
  readonly name: string;
  readonly datatype: string;
  /** -1 for a dimension of any size. */
  readonly shape: readonly number[];
}

/** What `GET /v2/models/NAME` answers, as far as it is used here. */
export interface ModelMetadata {
  readonly name: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

/** An input of a request in JSON. */
export interface InputTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly datatype: string;
  readonly data: readonly unknown[];
}

/** How an image becomes a tensor. */
export interface ImageLayout {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  /** Whether all values of a channel come before those of the next (`CHW`). */
  readonly isPlanar: boolean;
}

/** The largest sample that is filled in; larger inputs begin empty. */
const MOST_SAMPLE_VALUES = 4_096;
/** Side of an image whose model takes any size. */
const ANY_SIDE = 224;
const LEAST_SIDE = 8;

/** An input to begin with: zeros, or texts, in the smallest shape that the model takes. */
export function sampleInput({ name, datatype, shape }: TensorMetadata): InputTensor {
  const concrete = shape.map((size) => (size < 0 ? 1 : size));
  const count = concrete.reduce((product, size) => product * size, 1);
  const value = sampleValue(datatype);
  const data = count <= MOST_SAMPLE_VALUES ? new Array(count).fill(value) : [];
  return { name, shape: concrete, datatype, data };
}

function sampleValue(datatype: string): unknown {
  if (datatype === 'BYTES') return 'text';
  return datatype === 'BOOL' ? false : 0;
}

/** The body of a request with these inputs, with the values of each on one line. */
export function inferBody(inputs: readonly InputTensor[]): string {
  const texts = inputs.map(
    ({ name, shape, datatype, data }) =>
      `    {\n      "name": ${JSON.stringify(name)},\n      "shape": ${JSON.stringify(shape)},\n` +
      `      "datatype": ${JSON.stringify(datatype)},\n      "data": ${JSON.stringify(data)}\n    }`,
  );
  return `{\n  "inputs": [\n${texts.join(',\n')}\n  ]\n}`;
}

/** How an image fits an input of this shape; undefined if the input does not look like an image. */
export function imageLayout({ shape, datatype }: TensorMetadata): ImageLayout | undefined {
  if (datatype === 'BYTES' || datatype === 'BOOL') return undefined;
  const dims = shape.length === 4 ? shape.slice(1) : shape;
  if (dims.length === 3) {
    const [first = 0, middle = 0, last = 0] = dims;
    if (isChannels(first) && isSide(middle) && isSide(last))
      return { channels: first, height: side(middle), width: side(last), isPlanar: true };
    if (isChannels(last) && isSide(first) && isSide(middle))
      return { channels: last, height: side(first), width: side(middle), isPlanar: false };
  }
  return undefined;
}

const isChannels = (size: number): size is 1 | 3 => size === 1 || size === 3;
const isSide = (size: number) => size < 0 || size >= LEAST_SIDE;
const side = (size: number) => (size < 0 ? ANY_SIDE : size);

/** How the bytes of an image, 0 to 255, become the values of a tensor. */
export const SCALINGS = {
  '0 to 1': (byte: number) => byte / 255,
  '-1 to 1': (byte: number) => byte / 127.5 - 1,
  '0 to 255': (byte: number) => byte,
} as const;

export type Scaling = keyof typeof SCALINGS;

/** The input with the pixels of an image. @param rgba four bytes for each pixel, row by row */
export function imageInput(
  tensor: TensorMetadata,
  { height, width, channels, isPlanar }: ImageLayout,
  rgba: Uint8ClampedArray,
  scaling: Scaling,
): InputTensor {
  const scale = SCALINGS[scaling];
  const pixels = height * width;
  const data = new Array<number>(pixels * channels);
  const isWhole = !/^(FP|BF)/.test(tensor.datatype);
  for (let pixel = 0; pixel < pixels; pixel += 1) {
    for (let channel = 0; channel < channels; channel += 1) {
      const value = scale(channels === 1 ? gray(rgba, pixel) : (rgba[pixel * 4 + channel] ?? 0));
      const place = isPlanar ? channel * pixels + pixel : pixel * channels + channel;
      data[place] = isWhole ? Math.round(value) : Number(value.toFixed(5));
    }
  }
  const dims = isPlanar ? [channels, height, width] : [height, width, channels];
  const shape = tensor.shape.length === 4 ? [1, ...dims] : dims;
  return { name: tensor.name, datatype: tensor.datatype, shape, data };
}

/** The brightness of a pixel by the weights of ITU-R BT.601. */
function gray(rgba: Uint8ClampedArray, pixel: number): number {
  const [red = 0, green = 0, blue = 0] = rgba.subarray(pixel * 4, pixel * 4 + 3);
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}
