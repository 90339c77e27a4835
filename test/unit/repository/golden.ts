import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

// Answers of the real Triton 2.51.0 with its ONNX Runtime backend on a CPU, and the two model repositories it
// answered for: every model of `good` loads, each of `bad` has one mistake.
const GOLDEN = path.join(import.meta.dirname, 'golden');

interface Answers {
  readonly config: readonly { readonly path: string; readonly status: number; readonly body: unknown }[];
  readonly load: readonly {
    readonly model: string;
    readonly status: number;
    readonly body: { readonly error: string } | null;
  }[];
}

export const golden = JSON.parse(readFileSync(path.join(GOLDEN, 'answers.json'), 'utf8')) as Answers;

export interface GoldenRepositories extends AsyncDisposable {
  readonly good: string;
  readonly bad: string;
}

/** Unpacks the recorded repositories into a folder of their own. */
export async function unpackGolden(): Promise<GoldenRepositories> {
  const directory = await mkdtemp(path.join(tmpdir(), 'triton-local-golden-'));
  execFileSync('tar', ['-xzf', path.join(GOLDEN, 'repository.tar.gz'), '-C', directory]);
  return {
    good: path.join(directory, 'good'),
    bad: path.join(directory, 'bad'),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}
