import path from 'node:path';

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/** Written in one go by an editor. */
const TEXT = words(
  '.py .pyi .json .jsonl .yaml .yml .toml .txt .csv .tsv .ini .cfg .conf .env .md .pbtxt .proto .xml .html .j2 ' +
    '.jinja .jinja2 .sql .vocab .merges .labels',
);

/** Often big and written over some time: they are read only when nobody writes to them any more. */
const WEIGHTS = words(
  '.pkl .pickle .joblib .npy .npz .parquet .onnx .pt .pth .bin .safetensors .h5 .keras .pb .tflite .plan .engine ' +
    '.model .ubj .gguf .so .pyd .dll .dylib .zip .whl',
);

/** Whether the entry script or what it imports may read a file of this name, so that a change of it matters. */
export function isSourceName(name: string): boolean {
  const extension = path.extname(name).toLowerCase();
  return TEXT.has(extension) || WEIGHTS.has(extension) || name === '.env' || name.startsWith('.env.');
}

/** Whether a file is awaited until its size and time stand still; unknown kinds are, to be on the safe side. */
export function isWeights(name: string): boolean {
  return !TEXT.has(path.extname(name).toLowerCase()) && !name.startsWith('.env');
}
