import { type EmulatorState, type ReloadFailure, waitsForImage } from '../../../events/index.ts';
import {
  formatDifferences,
  formatDuration,
  formatEngine,
  formatPlural,
  formatUptime,
  splitMessage,
} from '../../format.ts';
import { byId, el, setText } from '../dom.ts';
import type { PageModel } from '../page-model.ts';
import { act } from '../server.ts';
import type { Notice } from './notice.ts';

/** The head of the page: state, addresses, generation, workers, what is broken, and the actions. */
export class Overview {
  readonly #badge = byId('state', HTMLElement);
  readonly #project = byId('project', HTMLElement);
  readonly #facts = byId('facts', HTMLElement);
  readonly #problems = byId('problems', HTMLElement);
  readonly #pause = byId('pause', HTMLButtonElement);
  readonly #pin = byId('pin', HTMLButtonElement);
  readonly #values = new Map<string, HTMLElement>();
  #shownProblems: unknown;
  #state: EmulatorState | undefined;

  constructor(notice: Notice) {
    const reload = byId('reload', HTMLButtonElement);
    reload.addEventListener('click', () => void notice.attempt(reload, () => act('reload'), 'reloaded'));
    this.#pause.addEventListener('click', () => {
      const isPaused = this.#state?.watching?.mode === 'paused';
      void notice.attempt(this.#pause, () => act(isPaused ? 'resume' : 'pause'));
    });
    this.#pin.addEventListener('click', () => {
      void notice.attempt(this.#pin, () => act(this.#state?.replay ? 'unpin' : 'pin'));
    });
  }

  show({ state }: PageModel, isConnected: boolean, now: number): void {
    this.#state = state;
    const word = isConnected ? state.state : 'not connected';
    setText(this.#badge, word);
    this.#badge.dataset.state = isConnected ? (state.stale ? 'stale' : state.state) : 'lost';
    document.title = `${word} · triton-local`;
    setText(this.#project, state.projectDir ?? '');
    for (const [label, text] of factsOf(state, now)) this.#fact(label, text);
    this.#showProblems(state);
    const mode = state.watching?.mode;
    setText(this.#pause, mode === 'paused' ? 'Resume watching' : 'Pause watching');
    this.#pause.disabled = mode === undefined || mode === 'off';
    setText(this.#pin, state.replay ? 'Unpin the request' : 'Pin the last request');
  }

  /** A row of the list; it disappears while its text is empty. */
  #fact(label: string, text: string): void {
    let value = this.#values.get(label);
    if (!value) {
      value = el('dd');
      this.#values.set(label, value);
      this.#facts.append(el('div', {}, el('dt', {}, label), value));
    }
    setText(value, text);
    if (value.parentElement) value.parentElement.hidden = text === '';
  }

  #showProblems({ failures, blockers, generation }: EmulatorState): void {
    const key = JSON.stringify([failures, blockers, generation]);
    if (key === this.#shownProblems) return;
    this.#shownProblems = key;
    const known = new Set(failures.map(({ error }) => error.message));
    this.#problems.replaceChildren(
      ...failures.map((failure) => problem(failure)),
      ...blockers
        .filter(({ reason }) => !known.has(reason))
        .map(({ kind, name, reason }) =>
          el('article', { class: 'problem' }, el('h3', {}, `${kind} ${name}`), el('p', {}, reason)),
        ),
    );
  }
}

function factsOf(state: EmulatorState, now: number): [label: string, text: string][] {
  const { engine, watching, replay, startedAt, startMs } = state;
  return [
    ['Engine', engine ? `${formatEngine(engine)}${engine.reason && ` · ${engine.reason}`}` : ''],
    ['Scoring', state.scoringUri ?? ''],
    ['Triton HTTP', state.httpUrl ?? ''],
    ['gRPC', state.grpcAddress ?? ''],
    ['Metrics', state.metricsUrl ?? ''],
    ['Serving', servingText(state)],
    ['Preparing', (waitsForImage(state) ? 'waits for an image: ' : '') + (state.progress ?? '')],
    ['Watching', watching && watching.mode !== 'events' ? `${watching.mode} · ${watching.reason}` : ''],
    ['Pinned', replay ? `${replay.method} ${replay.path} ${replay.status}${changeText(state)}` : ''],
    ['Started', startMs === null ? '' : `in ${formatDuration(startMs)}`],
    ['Up', startedAt === null ? '' : formatUptime(Math.max(0, now - Date.parse(startedAt)))],
  ];
}

function servingText({ deployment, generation, workers, workersDied }: EmulatorState): string {
  if (deployment === 'no-code') return 'the models alone';
  const ready = workers.filter((worker) => worker.state === 'ready').length;
  const parts = [
    generation === 0 ? 'no generation yet' : `gen ${generation}`,
    `${formatPlural(ready, 'worker')} ready`,
  ];
  if (workers.length > ready) parts.push(`${workers.length - ready} starting`);
  if (workersDied > 0) parts.push(`${workersDied} died`);
  return parts.join(' · ');
}

function changeText({ replay }: EmulatorState): string {
  if (!replay?.change) return '';
  return ` · ${formatDifferences({ status: replay.status, ...replay.change }).join(', ')}`;
}

function problem({ error, targets, olderServes }: ReloadFailure): HTMLElement {
  const { fault, context, more } = splitMessage(error.message);
  const place = [error.file, error.line, error.column].filter((part) => part !== undefined).join(':');
  const lines = [...(context === '' ? [] : [context]), ...more].join('\n');
  return el(
    'article',
    { class: 'problem' },
    el('h3', {}, `${targets.join(', ') || 'project'}: ${fault}`),
    ...(place === '' ? [] : [el('p', { class: 'place' }, place)]),
    ...(error.excerpt === undefined ? [] : [el('pre', {}, `${error.line} | ${error.excerpt}`)]),
    ...(error.hint === undefined ? [] : [el('p', {}, `Hint: ${error.hint}`)]),
    ...(lines === '' ? [] : [el('pre', {}, lines)]),
    el('p', { class: 'quiet' }, olderServes ? 'What was there before still serves.' : 'It is not served.'),
  );
}
