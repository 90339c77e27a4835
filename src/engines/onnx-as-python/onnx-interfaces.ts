import { execa } from 'execa';
import { messageOf } from '../../base/index.ts';
import type { OnnxInterface } from '../../repository/index.ts';
import { pythonFile } from './python-files.ts';

/** What onnxruntime reports about a list of model files. */
export interface OnnxDescriptions {
  /** Whether this onnxruntime has its CUDA provider. */
  readonly hasCuda: boolean;
  /** One entry per file, in the same order; `error` is worded as Triton's backend words it. */
  readonly models: readonly (OnnxInterface | { readonly error: string })[];
}

/** Has onnxruntime open these files; `error` if it crashed on them or could not be run. */
export type OnnxDescriber = (
  files: readonly string[],
) => Promise<OnnxDescriptions | { readonly error: string }>;

/** Limit for opening all the files; the process is killed when it expires. */
export const DESCRIBE_LIMIT_MS = 120_000;

/** Describes all the files in one call: importing onnxruntime takes most of the time (0.3 to 1 s). */
export async function describeOnnxFiles(
  files: readonly string[],
  describe: OnnxDescriber,
): Promise<OnnxDescriptions> {
  if (files.length === 0) return { hasCuda: false, models: [] };
  const together = await describe(files);
  if ('models' in together) return together;
  // One of several files crashed the process: describing each on its own shows which.
  const all: OnnxDescriptions[] = [];
  for (const file of files) {
    const alone = files.length === 1 ? together : await describe([file]);
    all.push('models' in alone ? alone : { hasCuda: false, models: [alone] });
  }
  return { hasCuda: all.some(({ hasCuda }) => hasCuda), models: all.flatMap(({ models }) => models) };
}

/** Uses the onnxruntime of this Python in a separate process, so that a model that crashes it harms nothing else. */
export function describeOnnxWith(
  python: string,
  environment: Readonly<Record<string, string>>,
): OnnxDescriber {
  return async (files) => {
    try {
      const result = await execa(python, [pythonFile('describe_onnx.py')], {
        env: environment,
        extendEnv: false,
        input: JSON.stringify(files),
        timeout: DESCRIBE_LIMIT_MS,
        killSignal: 'SIGKILL',
        reject: false,
      });
      const { exitCode, signal, stdout, stderr } = result;
      if (exitCode === 0) return JSON.parse(stdout) as OnnxDescriptions;
      if (exitCode === undefined && signal === undefined) throw result.cause ?? result;
      const end = signal === undefined ? `exit code ${exitCode}` : `signal ${signal}`;
      const last = stderr.trim().split('\n').at(-1) ?? '';
      return { error: `onnxruntime in ${python} ended with ${end} on this model${last && `: ${last}`}` };
    } catch (error) {
      return { error: `onnxruntime in ${python} could not read this model: ${messageOf(error)}` };
    }
  };
}
