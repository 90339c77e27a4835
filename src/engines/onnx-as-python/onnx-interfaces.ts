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

const LIMIT_MS = 120_000;

/**
 * Opens the files with the onnxruntime of this Python, in a process of its own: a model that brings onnxruntime down
 * takes nothing with it. All files share the process; its import of onnxruntime is most of the time (0.3 to 1 s).
 */
export async function describeOnnxFiles(
  files: readonly string[],
  python: string,
  environment: Readonly<Record<string, string>>,
): Promise<OnnxDescriptions> {
  if (files.length === 0) return { hasCuda: false, models: [] };
  const told = await tell(files, python, environment);
  if ('models' in told) return told;
  // One of several brought the process down: each for itself tells which.
  const single = async (file: string) => {
    const alone = files.length === 1 ? told : await tell([file], python, environment);
    return 'models' in alone ? alone : { hasCuda: false, models: [alone] };
  };
  const all: OnnxDescriptions[] = [];
  for (const file of files) all.push(await single(file));
  return { hasCuda: all.some(({ hasCuda }) => hasCuda), models: all.flatMap(({ models }) => models) };
}

async function tell(
  files: readonly string[],
  python: string,
  environment: Readonly<Record<string, string>>,
): Promise<OnnxDescriptions | { readonly error: string }> {
  try {
    const child = spawn(python, [pythonFile('describe_onnx.py')], {
      env: environment,
      timeout: LIMIT_MS,
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
}
