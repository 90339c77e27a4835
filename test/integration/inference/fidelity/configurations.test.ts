import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventBus } from '../../../../src/events/index.ts';
import type { InferenceServer } from '../../../../src/inference/index.ts';
import { realTriton, skipLoudly } from '../../../helpers/triton.ts';
import { type BareTriton, startBareTriton } from '../../../helpers/triton-process.ts';
import { serve } from '../golden-repository.ts';
import { ALLOWED_CONFIGURATIONS, CONFIGURATIONS } from './configurations.ts';
import { addModel, type Backend, writeConfigured } from './models.ts';

interface IndexEntry {
  readonly name: string;
  readonly version?: string;
  readonly state?: string;
  readonly reason?: string;
}

/** What became of a model: the words of the log where its configuration was refused, else its entries in the index. */
interface Outcome {
  readonly refused: string | undefined;
  readonly index: readonly IndexEntry[];
}

if (!realTriton) skipLoudly('the comparison of configurations with the real Triton');

describe.skipIf(!realTriton)('configurations', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'triton-local-configurations-'));
  const lines: string[] = [];
  let real: BareTriton;
  let ours: InferenceServer;
  let outcomes: { readonly real: Map<string, Outcome>; readonly ours: Map<string, Outcome> };

  beforeAll(async () => {
    const write = (backend: Backend) => {
      const repository = path.join(directory, backend);
      mkdirSync(repository);
      for (const [name, config] of Object.entries(CONFIGURATIONS))
        writeConfigured(repository, addModel(name, { '1': 1 }), backend, config);
      return repository;
    };
    real = await startBareTriton(realTriton ?? '', write('python'), []);
    const events = new EventBus();
    events.subscribe((event) => {
      if (event.type === 'log.line') lines.push(event.text);
    });
    ours = await serve(write('onnxruntime'), 'none', events);
    outcomes = {
      real: await outcomesOf(`http://127.0.0.1:${real.port}`, real.log),
      ours: await outcomesOf(ours.httpUrl, lines),
    };
  });
  afterAll(async () => {
    await ours?.[Symbol.asyncDispose]();
    await real?.[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  const allowed = Object.values(ALLOWED_CONFIGURATIONS).flat();
  const names = Object.keys(CONFIGURATIONS);
  afterAll(() => {
    process.stdout.write(
      `configurations: ${names.length} cases, ${names.length - allowed.length} equal, ${allowed.length} allowed to differ\n`,
    );
  });

  it.each(names.filter((name) => !allowed.includes(name)))('%s: the same', (name) => {
    expect(outcomes.ours.get(name)).toEqual(outcomes.real.get(name));
  });
  it.each(allowed)('%s: different, as listed', (name) => {
    expect(outcomes.ours.get(name)).not.toEqual(outcomes.real.get(name));
  });
});

async function outcomesOf(url: string, log: readonly string[]): Promise<Map<string, Outcome>> {
  const response = await fetch(`${url}/v2/repository/index`, { method: 'POST' });
  const index = (await response.json()) as IndexEntry[];
  return new Map(
    Object.keys(CONFIGURATIONS).map((name) => {
      const start = `Poll failed for model directory '${name}': `;
      const line = log.find((text) => text.startsWith(start));
      const outcome = {
        refused: line?.slice(start.length),
        index: index.filter((entry) => entry.name === name),
      };
      return [name, withoutPaths(outcome)];
    }),
  );
}

/** Each side has a folder of its own. */
function withoutPaths(outcome: Outcome): Outcome {
  const text = JSON.stringify(outcome).replace(/\/[^ ']*\/(?:python|onnxruntime)\//g, '<repository>/');
  return JSON.parse(text) as Outcome;
}
