import type { EventBody, ReloadTimings } from '../../src/events/index.ts';

// The life of an emulator as events, for tests and the demo of the screen.

/** The times of a reload that took this long in each phase. */
export function timingsOf(parts: Partial<ReloadTimings>): ReloadTimings {
  const bill = { noticeMs: 0, quietMs: 0, stageMs: 0, loadMs: 0, warmMs: 0, switchMs: 0, ...parts };
  const settleMs = bill.noticeMs + bill.quietMs;
  const applyMs = bill.stageMs + bill.loadMs + bill.warmMs + bill.switchMs;
  return { settleMs, planMs: 0, applyMs, totalMs: settleMs + applyMs, ...bill };
}

export const PROJECT = '/srv/ada/projects/digits';

export const starting: readonly EventBody[] = [
  { type: 'emulator.starting', projectDir: PROJECT, pid: 4711 },
  {
    type: 'engine.selected',
    kind: 'embedded',
    gpu: null,
    reason: 'Docker does not answer (connect ENOENT /var/run/docker.sock), no tritonserver on PATH',
  },
  { type: 'engine.starting', kind: 'embedded' },
  { type: 'model.state', model: 'digits', version: '1', state: 'LOADING', reason: '' },
];

export const ready: readonly EventBody[] = [
  ...starting,
  { type: 'model.state', model: 'digits', version: '1', state: 'READY', reason: '' },
  { type: 'model.state', model: 'densenet_onnx', version: '2', state: 'READY', reason: '' },
  {
    type: 'engine.ready',
    kind: 'embedded',
    version: '2.51.0',
    httpUrl: 'http://localhost:8000',
    startMs: 214.2,
  },
  { type: 'worker.started', pid: 4801, generation: 1 },
  { type: 'worker.started', pid: 4802, generation: 1 },
  {
    type: 'log.line',
    source: 'script',
    level: 'info',
    text: 'INFO:digits:labels read from models/triton/digits/labels.txt',
  },
  { type: 'worker.ready', pid: 4801, generation: 1, initMs: 131.4 },
  { type: 'worker.ready', pid: 4802, generation: 1, initMs: 140.9 },
  {
    type: 'emulator.ready',
    scoringUri: 'http://localhost:6789/score',
    httpUrl: 'http://localhost:8000',
    deployment: 'script',
    startMs: 812.3,
  },
];

let requests = 0;

/** One answered request; its number makes its id. */
export function request(status = 200, totalMs = 3.2, path = '/score'): EventBody {
  requests += 1;
  const id = `5f2a0c31-6b1e-4a53-9a0e-${String(requests).padStart(12, '0')}`;
  return {
    type: 'scoring.request',
    id,
    method: 'POST',
    path,
    status,
    generation: 1,
    queueMs: 0.1,
    runMs: totalMs * 0.8,
    totalMs,
  };
}

const swap = { kind: 'swap-workers', target: `${PROJECT}/score.py`, reason: 'score.py changed' } as const;

export const reloaded: readonly EventBody[] = [
  { type: 'reload.planned', generation: 1, actions: [swap], causes: ['score.py'] },
  { type: 'worker.started', pid: 4901, generation: 2 },
  { type: 'worker.ready', pid: 4901, generation: 2, initMs: 38 },
  {
    type: 'worker.exited',
    pid: 4801,
    generation: 1,
    exitCode: 0,
    signal: null,
    expected: true,
  },
  {
    type: 'reload.completed',
    generation: 2,
    actions: [swap],
    causes: ['score.py'],
    timings: timingsOf({ noticeMs: 2.6, quietMs: 80, warmMs: 46.1, switchMs: 3 }),
  },
];

export const reloadFailed: readonly EventBody[] = [
  { type: 'reload.planned', generation: 2, actions: [swap], causes: ['score.py'] },
  {
    type: 'reload.failed',
    generation: 2,
    actions: [swap],
    causes: ['score.py'],
    timings: timingsOf({ noticeMs: 1.5, quietMs: 80, warmMs: 31.3 }),
    error: {
      code: 'SCRIPT_FAILED',
      message: "SyntaxError: '(' was never closed",
      file: `${PROJECT}/score.py`,
      line: 27,
      hint: 'mend line 27 and save: the next good save takes over by itself',
    },
  },
];

export const traceback: EventBody = {
  type: 'log.line',
  source: 'script',
  level: 'error',
  requestId: '5f2a0c31',
  text: [
    'Traceback (most recent call last):',
    '  File "/opt/triton-local/dist/harness/worker.py", line 88, in run',
    '    return self._run(data)',
    `  File "${PROJECT}/score.py", line 31, in run`,
    '    return classify(json.loads(data))',
    '  File "/usr/lib/python3.11/json/__init__.py", line 346, in loads',
    '    return _default_decoder.decode(s)',
    '  File "/usr/lib/python3.11/json/decoder.py", line 337, in decode',
    '    obj, end = self.raw_decode(s, idx=_w(s, 0).end())',
    'json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)',
  ].join('\n'),
};
