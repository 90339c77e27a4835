import { readFileSync } from 'node:fs';
import path from 'node:path';
import { systemError, writeFileAtomic } from '../../base/index.ts';
import type { EventSink } from '../../events/index.ts';
import { ensureEnvironment } from '../../python/index.ts';
import { findTritonInEnvironment } from './installation.ts';

/** Triton 2.51.0 with the Python backend, as a Python package; onnxruntime serves the ONNX models it has no backend for. */
const REQUIREMENTS = ['nvidia-pytriton==0.7.0', 'onnxruntime'];

/**
 * The `tritonserver` of the managed environment, where an earlier `--engine native` has built it. Costs one small
 * read, so that choosing an engine is not slowed.
 */
export function findManagedTriton(home: string): string | undefined {
  try {
    const { interpreter } = JSON.parse(readFileSync(noteFile(home), 'utf8')) as { interpreter: string };
    return findTritonInEnvironment(interpreter);
  } catch {
    return undefined;
  }
}

/**
 * Builds the managed environment with the `nvidia-pytriton` package under `<home>/environments`, or finds it there.
 * @throws PYTHON_MISSING, ENVIRONMENT_FAILED; TRITON_MISSING where the package has no server for this system
 */
export async function buildManagedTriton(
  home: string,
  environment: Readonly<Record<string, string>>,
  events: EventSink,
  signal: AbortSignal,
): Promise<string> {
  const requirementsFile = path.join(home, 'environments', 'native-requirements.txt');
  await writeFileAtomic(requirementsFile, `${REQUIREMENTS.join('\n')}\n`);
  const source = { interpreter: undefined, condaFile: undefined, requirementsFile };
  const { interpreter } = await ensureEnvironment(source, home, environment, events, signal);
  const program = findTritonInEnvironment(interpreter);
  if (program === undefined) {
    throw systemError('TRITON_MISSING', 'nvidia-pytriton brings no tritonserver for this system', {
      hint: 'it has one for Linux on x86-64 and arm64; give another with --tritonserver, or use --engine embedded',
    });
  }
  await writeFileAtomic(noteFile(home), `${JSON.stringify({ interpreter })}\n`);
  return program;
}

function noteFile(home: string): string {
  return path.join(home, 'environments', 'native.json');
}
