import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

// Answers of the real Triton 2.51.0 with its ONNX Runtime backend on a CPU, and the two model repositories it
// answered for: every model of `good` loads, each of `bad` has one mistake.
const GOLDEN = path.join(import.meta.dirname, '..', '..', 'fixtures', 'golden-onnx');

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

interface Answers {
  readonly metadata: readonly (Answer & { readonly path: string })[];
  readonly load: readonly (Answer & {
    readonly model: string;
    readonly body: { readonly error: string } | null;
  })[];
}

/** The recorded answers, except those to inference, which contain bare `NaN` and are therefore not JSON. */
export function readGolden(): Answers {
  const text = readFileSync(path.join(GOLDEN, 'cases.json'), 'utf8');
  return JSON.parse(text.replace(/([[:,]\s*)-?(?:NaN|Infinity)(?=\s*[\],}])/g, '$1null')) as Answers;
}

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
