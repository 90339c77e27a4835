import type { EmulatorEvent, EmulatorState, EventOf, Failure, LogSource } from '../events/index.ts';
import {
  formatAddresses,
  formatBlockers,
  formatCount,
  formatDifferences,
  formatDuration,
  formatEngine,
  formatPath,
  formatPlace,
  formatPlural,
  formatServing,
  formatSubject,
  formatTimings,
  formatTryLine,
  pageUrl,
} from './format.ts';
import { createStyle, type Style } from './style.ts';
import { sanitize } from './text.ts';

type Shown = Exclude<EmulatorEvent, { type: 'log.line' | 'environment.progress' | 'engine.pull.progress' }>;

/** Every line begins with a label of this width, by which logs can be searched. */
const LABEL_WIDTH = 9;
const INDENT = ' '.repeat(LABEL_WIDTH);

const addressLines = (addresses: Parameters<typeof formatAddresses>[0]) =>
  formatAddresses(addresses).map(([label, address]) => `${INDENT}${label.padEnd(LABEL_WIDTH)}${address}`);

/** Formats the lines of the plain renderer. */
export class PlainFormat {
  readonly #style: Style;
  #wasReady = false;

  constructor(color: boolean) {
    this.#style = createStyle(color);
  }

  log(source: LogSource, text: string): string {
    return this.#line(source, text);
  }

  progress({ environment, step, detail }: EventOf<'environment.progress'>): string {
    return this.#line('prepare', `${environment}: ${clean(step)} ${clean(detail)}`.trimEnd());
  }

  /** A download, with the progress text of the state. */
  download(progress: string): string {
    return this.#line('prepare', clean(progress));
  }

  /** The lines for one event; `state` already includes it. */
  lines(event: Shown, state: EmulatorState): readonly string[] {
    const style = this.#style;
    switch (event.type) {
      case 'emulator.starting':
        return [this.#line('starting', `${formatPath(event.projectDir)} (process ${event.pid})`)];
      case 'emulator.ready':
        return this.#ready(event, state);
      case 'emulator.degraded':
        return this.#degraded(event);
      case 'emulator.stopping':
        return [this.#line('stopping', event.reason)];
      case 'emulator.stopped':
        return [this.#line('stopped', `exit code ${event.exitCode}`)];
      case 'engine.selected':
        return [this.#line('engine', `${formatEngine({ ...event, version: null })}: ${clean(event.reason)}`)];
      case 'engine.starting':
      case 'model.statistics':
      case 'reload.planned':
      case 'worker.started':
        return [];
      case 'engine.ready': {
        const took = formatDuration(event.startMs);
        return [this.#line('engine', `${event.kind} ${event.version} ready at ${event.httpUrl} in ${took}`)];
      }
      case 'engine.exited':
        return [this.#line('failed', style.red(`the ${event.kind} engine ended: ${clean(event.reason)}`))];
      case 'model.state':
        return [this.#model(event)];
      case 'worker.ready': {
        const took = formatDuration(event.initMs);
        return [
          this.#line(
            'worker',
            `process ${event.pid} of generation ${event.generation} ready, init() took ${took}`,
          ),
        ];
      }
      case 'worker.exited':
        return event.expected ? [] : [this.#line('failed', style.red(workerDeath(event)))];
      case 'scoring.request':
        return [this.#request(event)];
      case 'engine.requests':
        return this.#engineRequests(event);
      case 'azure.request':
        return [this.#line('azure', this.#answered(event))];
      case 'reload.watching':
        return this.#watching(event);
      case 'replay.pinned':
        return [this.#line('replay', `${this.#replayed(event)}, again after each reload`)];
      case 'replay.unpinned':
        return [this.#line('replay', 'no more')];
      case 'replay.answered':
        return [
          this.#line('replay', `${this.#replayed(event)}: ${formatDifferences(event).map(clean).join(', ')}`),
        ];
      case 'reload.completed':
        return this.#completed(event, state);
      case 'reload.failed':
        return this.#failed(event, state);
      default:
        event satisfies never;
        return [];
    }
  }

  #degraded({ blockers, scoringUri, ...addresses }: EventOf<'emulator.degraded'>): string[] {
    return [
      this.#line(
        'degraded',
        this.#style.yellow(`serving, but not ready: ${clean(formatBlockers(blockers))}`),
      ),
      `${INDENT}scoring  ${scoringUri}`,
      `${INDENT}page     ${pageUrl(scoringUri)}`,
      ...addressLines(addresses),
    ];
  }

  #ready(event: EventOf<'emulator.ready'>, { models, auth }: EmulatorState): string[] {
    const { scoringUri, httpUrl, deployment, sample } = event;
    const model = models.find((it) => it.state === 'READY')?.name;
    const when = this.#wasReady ? 'again' : `in ${formatDuration(event.startMs)}`;
    this.#wasReady = true;
    return [
      this.#line('ready', this.#style.green(when)),
      `${INDENT}scoring  ${scoringUri}`,
      `${INDENT}page     ${pageUrl(scoringUri)}`,
      ...addressLines(event),
      ...(auth === 'key' ? [`${INDENT}key      triton-local keys --show`] : []),
      `${INDENT}try      ${formatTryLine(deployment, scoringUri, httpUrl, model, sample)}`,
    ];
  }

  #model({ model, version, state, reason, restarts }: EventOf<'model.state'>): string {
    const name = version === '' ? model : `${model} version ${version}`;
    const isBroken = state === 'UNAVAILABLE' && reason !== 'unloaded';
    const again = restarts ? `, its process started again (${formatCount(restarts)} in all)` : '';
    const text = `${name} ${state}${reason ? `: ${clean(reason)}` : ''}${again}`;
    return this.#line('model', isBroken ? this.#style.red(text) : text);
  }

  #request({ method, path, status, totalMs, id, reason }: EventOf<'scoring.request'>): string {
    const why = reason === undefined ? '' : ` (${clean(reason)})`;
    return this.#line('request', `${this.#answered({ method, path, status, totalMs })} ${clean(id)}${why}`);
  }

  #answered({
    method,
    path,
    status,
    totalMs,
  }: Pick<EventOf<'scoring.request'>, 'method' | 'path' | 'status' | 'totalMs'>): string {
    const style = this.#style;
    const paint = status >= 500 ? style.red : status >= 400 ? style.yellow : style.green;
    return `${clean(method)} ${clean(path)} ${paint(String(status))} ${formatDuration(totalMs)}`;
  }

  /** One line per request while they are few; otherwise the newest and a count. */
  #engineRequests({ count, sample }: EventOf<'engine.requests'>): string[] {
    const lines = sample.map((request) => this.#line('triton', this.#answered(request)));
    const more = count - sample.length;
    return more === 0 ? lines : [...lines, this.#line('triton', `${formatPlural(more, 'more request')}`)];
  }

  /** No line for the usual mode; polling has its own warning. */
  #watching({ mode, reason }: EventOf<'reload.watching'>): string[] {
    if (mode === 'paused')
      return [this.#line('watching', this.#style.yellow('paused: saves are not followed'))];
    if (mode === 'off') return [this.#line('watching', `off (${clean(reason)})`)];
    return [];
  }

  #replayed({ method, path, status }: EventOf<'replay.pinned' | 'replay.answered'>): string {
    return `${clean(method)} ${clean(path)} ${status}`;
  }

  #completed(event: EventOf<'reload.completed'>, { projectDir, failures }: EmulatorState): string[] {
    const { actions, causes, generation, timings } = event;
    if (actions.length === 0) return [this.#line('reloaded', 'nothing: no content has changed')];
    const phases = formatTimings(timings);
    const text = `${formatSubject(causes, actions, projectDir)}: generation ${generation} in ${formatDuration(timings.totalMs)}`;
    const line = this.#line('reloaded', `${this.#style.green(text)}${phases && ` (${phases})`}`);
    const [other] = failures;
    if (!other) return [line];
    const place = formatPlace(other.error, projectDir) ?? other.targets.join(', ');
    return [line, `${INDENT}still broken: ${place}`];
  }

  #failed({ generation, error }: EventOf<'reload.failed'>, state: EmulatorState): string[] {
    const { others = [], ...first } = error;
    const faults = [first, ...others];
    return faults.flatMap((fault, index) => {
      const failure = state.failures.at(index - faults.length);
      return [
        ...this.#fault(fault, state),
        ...(failure ? [`${INDENT}${formatServing(generation, failure)}`] : []),
      ];
    });
  }

  #fault(fault: Failure, { projectDir }: EmulatorState): string[] {
    const place = formatPlace(fault, projectDir);
    const [first = '', ...more] = fault.message.trimEnd().split(/\r?\n/).map(clean);
    return [
      this.#line('failed', this.#style.red(`${place === undefined ? '' : `${place}: `}${first}`)),
      ...(fault.excerpt === undefined ? [] : [`${INDENT}${fault.line} | ${clean(fault.excerpt)}`]),
      ...more.map((line) => `${INDENT}${line}`),
      ...(fault.hint === undefined ? [] : [`${INDENT}hint: ${clean(fault.hint)}`]),
    ];
  }

  #line(label: string, text: string): string {
    return `${this.#style.dim(label.padEnd(LABEL_WIDTH))}${text}`;
  }
}

const clean = (text: string) => sanitize(text, false);

function workerDeath({ pid, exitCode, signal, generation }: EventOf<'worker.exited'>): string {
  const how = signal === null ? `exit code ${exitCode}` : `signal ${signal}`;
  return `worker process ${pid} of generation ${generation} died (${how})`;
}
