import { afterEach, describe, expect, it, vi } from 'vitest';
import { copyConda } from '../../../src/azureml/conda-copy.ts';
import { StartProgress } from '../../../src/azureml/start-progress.ts';
import { UsersFiles } from '../../../src/azureml/users-files.ts';
import { userError } from '../../../src/base/index.ts';
import type { EmulatorEvent } from '../../../src/events/index.ts';

const said: string[] = [];
const progress = () => new StartProgress('score.py', (text) => said.push(text));
const event = (value: object) => ({ v: 1, seq: 1, time: '2026-01-01T00:00:00Z', ...value }) as EmulatorEvent;
const printed = (text: string) => event({ type: 'log.line', source: 'script', level: 'info', text });
afterEach(() => {
  said.length = 0;
  vi.useRealTimers();
});

describe('the start of a deployment', () => {
  it('reports that init() is running, with its last output', () => {
    vi.useFakeTimers();
    const start = progress();
    start.follow(event({ type: 'worker.started', pid: 1, generation: 1 }));
    vi.advanceTimersByTime(10_000);
    start.follow(printed('loading weights'));
    vi.advanceTimersByTime(10_000);
    start.follow(event({ type: 'worker.ready', pid: 1, generation: 1, initMs: 20_000 }));
    vi.advanceTimersByTime(60_000);
    expect(said).toEqual([
      'Running init() of score.py for 10 s',
      'Running init() of score.py for 20 s; it last printed: loading weights',
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that failed reports what the script printed; warnings are reported at once', () => {
    const start = progress();
    start.follow(printed('one\ntwo'));
    start.follow(event({ type: 'log.line', source: 'emulator', level: 'warning', text: 'left out' }));
    start.sayPrinted();
    expect(said).toEqual(['WARNING: left out', 'score.py printed:', '  one', '  two']);
  });

  it('of Triton without a script reports what Triton printed', () => {
    const start = new StartProgress('', (text) => said.push(text));
    start.follow(event({ type: 'log.line', source: 'engine', level: 'error', text: "failed to load 'm'" }));
    start.sayPrinted();
    expect(said).toEqual(['Triton printed:', "  failed to load 'm'"]);
  });

  it('knows what is wrong with models', () => {
    const start = progress();
    const state = { type: 'model.state', model: 'm', version: '1', state: 'UNAVAILABLE', reason: 'no file' };
    start.follow(event(state));
    expect(start.modelFaults).toEqual(['model m version 1: no file']);
  });
});

describe("the user's files", () => {
  const app = {
    projectDir: '/srv/svc/1',
    root: '/srv/svc/1/app',
    entryScript: '/srv/svc/1/app/code/score.py',
    sourceDirectory: '/srv/svc/1/app/code',
    modelDirectory: 'azureml-models/m/1',
    repository: undefined,
    condaFile: '/srv/svc/1/conda.yml',
  };
  const inference = {
    sourceDirectory: '/user/code',
    entryScript: '/user/code/score.py',
    entryName: 'score.py',
    environment: undefined,
    description: undefined,
  };
  const document = {
    file: '/user/conda.yml',
    value: {},
    locate: (...at: readonly (string | number)[]) => ({ file: '/user/conda.yml', line: 10 * at.length }),
  };
  const conda = copyConda({ dependencies: ['scipy', { pip: ['nltk'] }] }, document);

  it('are named in errors, and lines of the conda file are its own', () => {
    const users = new UsersFiles(app, inference, conda);
    const lines = conda?.text.split('\n') ?? [];
    const line = lines.findIndex((text) => text.includes('nltk')) + 1;
    const error = userError('ENVIRONMENT_FAILED', 'in /srv/svc/1/app/code/score.py', {
      location: { file: '/srv/svc/1/conda.yml', line },
    });
    expect(users.error(error)).toMatchObject({
      message: 'in /user/code/score.py',
      location: { file: '/user/conda.yml', line: 40 },
    });
  });
});
