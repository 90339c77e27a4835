import path from 'node:path';

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/** Written at once by an editor. */
const TEXT = words(
  '.py .pyi .json .jsonl .yaml .yml .toml .txt .csv .tsv .ini .cfg .conf .env .md .pbtxt .proto .xml .html .j2 ' +
    '.jinja .jinja2 .sql .vocab .merges .labels',
);

/** Often large and written over some time: read only when no process writes to them any more. */
const WEIGHTS = words(
  '.pkl .pickle .joblib .npy .npz .parquet .onnx .pt .pth .bin .safetensors .h5 .keras .pb .tflite .plan .engine ' +
    '.model .ubj .gguf .so .pyd .dll .dylib .zip .whl',
);

/** Whether the entry script or its imports may read a file of this name, so that changes to it matter. */
export function isSourceName(name: string): boolean {
  const extension = path.extname(name).toLowerCase();
  return TEXT.has(extension) || WEIGHTS.has(extension) || name === '.env' || name.startsWith('.env.');
}

/** Whether to wait until a file's size and time stop changing. Unknown kinds are waited for, to be safe. */
export function isWeights(name: string): boolean {
  return !TEXT.has(path.extname(name).toLowerCase()) && !name.startsWith('.env');
}
