import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { messageOf } from '../../base/index.ts';
import type { OnnxInterface } from '../../repository/index.ts';
import { pythonFile } from './python-files.ts';

/** What onnxruntime says of some model files. */
export interface OnnxDescriptions {
  /** Whether this onnxruntime has its CUDA provider. */
  readonly hasCuda: boolean;
  /** One for each file, in their order; `error` has the text of Triton's backend. */
  readonly models: readonly (OnnxInterface | { readonly error: string })[];
}

/** Has onnxruntime open these files; `error` where that brought it down or did not run at all. */
export type OnnxTeller = (files: readonly string[]) => Promise<OnnxDescriptions | { readonly error: string }>;

/** For opening all files; the process is ended then. */
export const TELL_LIMIT_MS = 120_000;

/** Asks for all files at once: the import of onnxruntime is most of the time (0.3 to 1 s). */
export async function describeOnnxFiles(
  files: readonly string[],
  tell: OnnxTeller,
): Promise<OnnxDescriptions> {
  if (files.length === 0) return { hasCuda: false, models: [] };
  const told = await tell(files);
  if ('models' in told) return told;
  // One of several brought the process down: each for itself tells which.
  const all: OnnxDescriptions[] = [];
  for (const file of files) {
    const alone = files.length === 1 ? told : await tell([file]);
    all.push('models' in alone ? alone : { hasCuda: false, models: [alone] });
  }
  return { hasCuda: all.some(({ hasCuda }) => hasCuda), models: all.flatMap(({ models }) => models) };
}

/** The onnxruntime of this Python, in a process of its own: a model that brings it down takes nothing with it. */
export function pythonTeller(python: string, environment: Readonly<Record<string, string>>): OnnxTeller {
  return async (files) => {
    try {
      const child = spawn(python, [pythonFile('describe_onnx.py')], {
        env: environment,
        timeout: TELL_LIMIT_MS,
        killSignal: 'SIGKILL',
        windowsHide: true,
      });
      let output = '';
      let complaint = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        complaint = (complaint + text).slice(-2_000);
      });
      // A process that ended early breaks the pipe; how it ended tells more.
      child.stdin.on('error', () => undefined).end(JSON.stringify(files));
      const [code, killedBy] = (await once(child, 'close')) as [number | null, string | null];
      if (code === 0) return JSON.parse(output) as OnnxDescriptions;
      const end = killedBy === null ? `exit code ${code}` : `signal ${killedBy}`;
      const last = complaint.trim().split('\n').at(-1) ?? '';
      return { error: `onnxruntime in ${python} ended with ${end} on this model${last && `: ${last}`}` };
    } catch (error) {
      return { error: `onnxruntime in ${python} could not read this model: ${messageOf(error)}` };
    }
  };
}
