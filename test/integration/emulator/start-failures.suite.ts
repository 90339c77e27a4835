import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveProject } from '../../../src/config/index.ts';
import { createEmulator, type Emulator, type RunningEmulator } from '../../../src/emulator/index.ts';
import type { EmulatorEvent, EmulatorState, EventOf } from '../../../src/events/index.ts';
import { formatState, startPlain } from '../../../src/ui/index.ts';
import { repositoryRoot, TempFolder } from '../../helpers/temp-project.ts';
import { type BrokenModel, layBrokenRepository } from './broken-models.ts';

export interface SuiteOptions {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly models: readonly BrokenModel[];
  /** Whether the engine's own port answers with the user's paths too. */
  readonly ownAnswers: boolean;
}

/** What a first start says of models that it cannot load; the same for every engine that reads a staged repository. */
export function describeStartFailures({ flags, models, ownAnswers }: SuiteOptions): void {
  let folder: TempFolder;
  let emulator: Emulator;
  let running: RunningEmulator;
  let state: EmulatorState;
  const events: EmulatorEvent[] = [];
  const plainOutput = new PassThrough();
  const plainText = text(plainOutput);
  const answers: string[] = [];

  beforeAll(async () => {
    folder = await TempFolder.create('triton-local-broken-');
    await layBrokenRepository(folder.path('project/models/triton'), models);
    const ports = { port: '0', httpPort: '0', grpcPort: '0', metricsPort: '0' };
    const config = await resolveProject({
      directory: folder.path('project'),
      flags: { ...flags, ...ports },
      variables: { ...process.env, TRITON_LOCAL_HOME: folder.path('home') },
    });
    emulator = createEmulator({ config, runtimePaths: [repositoryRoot] });
    emulator.control.subscribe((event) => events.push(event));
    const renderer = startPlain({ control: emulator.control, stdout: plainOutput, threshold: 'debug' });
    running = await emulator.start(new AbortController().signal);
    state = await emulator.control.state();
    const ask = async (url: string, method = 'GET') => {
      answers.push(await (await fetch(url, { method })).text());
    };
    await ask(`${new URL(running.scoringUri).origin}/_triton-local/status`);
    if (ownAnswers) {
      await ask(`${running.httpUrl}/v2/repository/index`, 'POST');
      for (const { name } of models) await ask(`${running.httpUrl}/v2/models/${name}`);
    }
    await emulator.end('test', 0);
    await renderer[Symbol.asyncDispose]();
    plainOutput.end();
  });

  afterAll(async () => {
    await emulator?.end('test', 0);
    await folder?.[Symbol.asyncDispose]();
  });

  const failureOf = (name: string) =>
    events.find(
      (event): event is EventOf<'reload.failed'> =>
        event.type === 'reload.failed' && event.actions.some(({ target }) => target === name),
    )?.error;

  describe.each(models.map((model) => [model.name, model] as const))('%s', (name, model) => {
    it('is reported as a failed save is: file, line, reason, hint', () => {
      const failure = failureOf(name);
      const place = folder.path('project/models/triton', name, model.file).replace(/\/$/, '');
      expect(failure).toMatchObject({
        file: place,
        message: expect.stringMatching(model.message),
        ...(model.line !== undefined && { line: model.line, excerpt: expect.stringMatching(/./) }),
        ...(model.hint && { hint: expect.stringMatching(model.hint) }),
      });
    });
  });

  it('serves the good model and names every other as what keeps it from being ready', () => {
    const degraded = events.find((event) => event.type === 'emulator.degraded');
    expect(degraded?.blockers.map(({ name }) => name).sort()).toEqual(models.map(({ name }) => name).sort());
    expect(state).toMatchObject({ state: 'degraded', stale: false });
    expect(state.models.find(({ name }) => name === 'good')).toMatchObject({ state: 'READY' });
    expect(events.some(({ type }) => type === 'emulator.ready')).toBe(false);
  });

  it('shows the failures in the status document', () => {
    const status = JSON.parse(answers[0] ?? '');
    expect(status).toMatchObject({ state: 'degraded' });
    for (const { name, message } of models) {
      const entry = status.models.find((it: { name: string }) => it.name === name);
      expect(entry?.reason).toMatch(/./);
      expect(entry?.failure?.message).toMatch(message);
    }
  });

  it('never names our own state folder', async () => {
    const home = folder.path('home');
    const said = [
      ...events.map((event) => JSON.stringify(event)),
      formatState(state),
      await plainText,
      ...answers,
    ];
    const leaks = said.flatMap((it) => it.split('\n')).filter((line) => line.includes(home));
    expect(leaks).toEqual([]);
  });
}
