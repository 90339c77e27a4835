import { open } from 'node:fs/promises';

const HEAD_BYTES = 256;

/** The first bytes of files that are often found in place of an ONNX model, what they are, and what to do. */
const KINDS: readonly (readonly [string | readonly number[], string, string])[] = [
  [
    'version https://git-lfs.github.com/spec/',
    'a Git LFS pointer, not the weights themselves',
    'run `git lfs pull` to fetch the weights',
  ],
  ['<', 'a web page', 'download the model file itself'],
  ['{', 'JSON text', 'put the ONNX file there'],
  ['PK', 'a zip archive, as PyTorch saves its models', 'export the model: torch.onnx.export(…)'],
  [[0x89, 0x48, 0x44, 0x46], 'an HDF5 file, as Keras saves its models', 'convert the model with tf2onnx'],
  [[0x1f, 0x8b], 'a gzip archive', 'unpack it'],
  [[0x80, 0x02], 'a Python pickle', 'export the model to ONNX'],
  [[0x80, 0x03], 'a Python pickle', 'export the model to ONNX'],
  [[0x80, 0x04], 'a Python pickle', 'export the model to ONNX'],
  [[0x80, 0x05], 'a Python pickle', 'export the model to ONNX'],
];

/** A file found in place of an ONNX model, recognized by its first bytes. */
export interface FileKind {
  /** Such as `a Git LFS pointer, not the weights themselves`. */
  readonly is: string;
  readonly remedy: string;
}

/**
 * Recognizes a file that is not an ONNX model.
 * @returns undefined if it may be one, or cannot be read
 */
export async function recognizeFile(file: string): Promise<FileKind | undefined> {
  const head = await readHead(file);
  if (head === undefined) return undefined;
  if (head.length === 0) return { is: 'an empty file', remedy: 'export or copy the model again' };
  const found = KINDS.find(([beginning]) => {
    const bytes = Buffer.from(beginning as string);
    return head.subarray(0, bytes.length).equals(bytes);
  });
  return found && { is: found[1], remedy: found[2] };
}

async function readHead(file: string): Promise<Buffer | undefined> {
  try {
    const handle = await open(file, 'r');
    try {
      const head = Buffer.alloc(HEAD_BYTES);
      const { bytesRead } = await handle.read(head, 0, HEAD_BYTES, 0);
      return head.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch {
    return undefined;
  }
}
