import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { EventBus } from '../../../src/events/index.ts';
import { type InferenceServer, startInferenceServer } from '../../../src/inference/index.ts';
import { modelPython } from '../../helpers/python.ts';

const FIXTURE = fileURLToPath(new URL('../../fixtures/golden-onnx', import.meta.url));
export const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));

export interface GoldenAnswer {
  readonly status: number;
  readonly contentType?: string;
  readonly body: unknown;
  readonly binary?: string;
  readonly inferenceHeader?: boolean;
}

export interface GoldenCases {
  readonly metadata: readonly (GoldenAnswer & { readonly path: string })[];
  readonly infer: readonly {
    readonly name: string;
    readonly model: string;
    readonly version?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly json?: string;
    readonly binary?: string;
    readonly expect: GoldenAnswer;
  }[];
  readonly load: readonly (GoldenAnswer & { readonly model: string })[];
}

/** The recorded answers; `NaN` and the infinities, which stand bare in them, become strings. */
export function readGoldenCases(): GoldenCases {
  const text = readFileSync(path.join(FIXTURE, 'cases.json'), 'utf8');
  return parseLenient(text) as GoldenCases;
}

/** JSON with bare `NaN` and infinities as strings of the same name. */
export function parseLenient(text: string): unknown {
  return JSON.parse(
    text
      .replace(/([[:,]\s*)(-?(?:NaN|Infinity))(?=\s*[\],}])/g, '$1"$2"')
      .replace(/([[:,]\s*)(-?(?:NaN|Infinity))(?=\s*[\],}])/g, '$1"$2"'),
  );
}

/** A private copy of one of the recorded repositories, or of some of its models. */
export function unpackGolden(which: 'good' | 'bad', models?: readonly string[]): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'triton-local-golden-'));
  execFileSync('tar', ['-xzf', path.join(FIXTURE, 'repository.tar.gz'), '-C', directory]);
  if (!models) return path.join(directory, which);
  const chosen = path.join(directory, 'chosen');
  for (const model of models)
    cpSync(path.join(directory, which, model), path.join(chosen, model), { recursive: true });
  return chosen;
}

export function removeRepository(repository: string): void {
  rmSync(path.dirname(repository), { recursive: true, force: true });
}

export function serve(
  repository: string,
  modelControlMode: 'none' | 'explicit' = 'none',
  events = new EventBus(),
): Promise<InferenceServer> {
  return startInferenceServer(
    {
      repository,
      host: '127.0.0.1',
      httpPort: 0,
      grpc: { port: 0, isChosen: true },
      metrics: { port: 0, isChosen: true },
      modelControlMode,
      runtimePaths: [PROJECT],
      python: modelPython,
      events,
    },
    new AbortController().signal,
  );
}
