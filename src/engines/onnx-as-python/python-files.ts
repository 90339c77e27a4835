import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemError } from '../../base/index.ts';

/**
 * Where `model.py` and `describe_onnx.py` lie: beside this file in the sources, in `onnx-as-python` in the bundle's
 * folder, whose chunks may lie one deeper.
 * @throws HARNESS_MISSING when the installation lacks them
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
