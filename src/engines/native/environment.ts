import { readFileSync } from 'node:fs';
import path from 'node:path';
import { systemError, writeFileAtomic } from '../../base/index.ts';
import type { EventSink } from '../../events/index.ts';
import { ensurePackages, locateInterpreter } from '../../python/index.ts';
import { findTritonInEnvironment } from './installation.ts';

/** onnxruntime serves ONNX models, for which the package has no backend. */
const PACKAGES = ['nvidia-pytriton==0.7.0', 'onnxruntime'];
const TITLE = 'Triton 2.51.0 (nvidia-pytriton)';
/** Minor version of the newest Python that the package has a stub for. */
const NEWEST_MINOR = 13;
/** What is installed, for the question to the user. */
export const MANAGED_TRITON = `${TITLE}, about 0.5 GB`;

/**
 * Finds the `tritonserver` of the managed environment, if an earlier `--engine native` has built it. It reads a single
 * small file, so it does not slow down the choice of an engine.
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
 * Finds or builds the managed environment with the `nvidia-pytriton` package under `<home>/environments`.
 * @throws PYTHON_MISSING, ENVIRONMENT_FAILED; TRITON_MISSING if the package has no server for this system;
 * TRITON_STUB_MISSING, before anything is downloaded, if it has no stub for this Python
 */
export async function buildManagedTriton(
  home: string,
  environment: Readonly<Record<string, string>>,
  events: EventSink,
  signal: AbortSignal,
): Promise<string> {
  await requireKnownPython(environment);
  const { interpreter } = await ensurePackages(TITLE, PACKAGES, home, environment, events, signal);
  const program = findTritonInEnvironment(interpreter);
  if (program === undefined) {
    throw systemError('TRITON_MISSING', 'nvidia-pytriton has no tritonserver for this system', {
      hint: 'it has one for Linux on x86-64 and arm64; name another with --tritonserver, or use --engine embedded',
    });
  }
  await writeFileAtomic(noteFile(home), `${JSON.stringify({ interpreter })}\n`);
  return program;
}

async function requireKnownPython(environment: Readonly<Record<string, string>>): Promise<void> {
  const any = { interpreter: undefined, requirementsFile: undefined, condaFile: undefined };
  const { command, version = '' } = await locateInterpreter(any, environment);
  if (Number(version.split('.')[1]) <= NEWEST_MINOR) return;
  throw systemError(
    'TRITON_STUB_MISSING',
    `${TITLE} runs on Python 3.8 to 3.${NEWEST_MINOR}, and ${command} is ${version}`,
    {
      hint: 'put a python3 of one of these versions first on PATH, or use --engine docker or --engine embedded',
    },
  );
}

function noteFile(home: string): string {
  return path.join(home, 'environments', 'native.json');
}
