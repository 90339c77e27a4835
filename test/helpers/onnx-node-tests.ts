import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

/** The folder of ONNX's own node tests, in the environment whose Python TRITON_LOCAL_TEST_ONNX names. */
export const onnxNodeTests: string | undefined = locate(process.env.TRITON_LOCAL_TEST_ONNX);

function locate(python: string | undefined): string | undefined {
  if (!python) return undefined;
  const environment = path.dirname(path.dirname(python));
  const lib = path.join(environment, 'lib');
  const places = existsSync(lib) ? readdirSync(lib).map((version) => path.join(lib, version)) : [];
  return [...places, path.join(environment, 'Lib')]
    .map((place) => path.join(place, 'site-packages/onnx/backend/test/data/node'))
    .find((folder) => existsSync(folder));
}
