import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemError } from '../../base/index.ts';

/**
 * The path of `model.py` or `describe_onnx.py`: next to this file in the sources, in `onnx-as-python` in the bundle.
 * @throws HARNESS_MISSING if the installation lacks it
 */
export function pythonFile(name: 'model.py' | 'describe_onnx.py'): string {
  const here = path.dirname(fileURLToPath(import.meta.url));
  const places = [here, path.join(here, 'onnx-as-python'), path.join(here, '..', 'onnx-as-python')];
  const found = places.map((place) => path.join(place, name)).find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw systemError('HARNESS_MISSING', `${name} of triton-local is missing beside ${here}`, {
    hint: 'install triton-local again',
  });
}
