import type { EmulatorEvent } from '../events/index.ts';
import type { Notify } from './models.ts';

const REPORT_EVERY_MS = 10_000;
const KEPT_LINES = 200;

/** Reports the start of a deployment to the user, and why it failed, until `close`. */
export class StartProgress {
  readonly #notify: Notify;
  readonly #script: string;
  readonly #modelFaults: string[] = [];
  readonly #printed: string[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param script the name of the entry script, for messages; empty without one. */
  constructor(script: string, notify: Notify) {
    this.#script = script;
    this.#notify = notify;
  }

  /** Faults of models, one sentence each. */
  get modelFaults(): readonly string[] {
    return this.#modelFaults;
  }

  follow(event: EmulatorEvent): void {
    const { type } = event;
    if (type === 'environment.progress') this.#notify(`${event.environment}: ${event.step} ${event.detail}`);
    else if (type === 'engine.starting') this.#notify(`Starting the ${event.kind} engine`);
    else if (type === 'model.state' && event.state === 'UNAVAILABLE') this.#modelFaults.push(faultOf(event));
    else if (type === 'worker.started') this.#reportInit();
    else if (type === 'worker.ready' || type === 'worker.exited') this.close();
    else if (type === 'log.line') this.#keep(event);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** The last lines that the script printed, or Triton without a script, which explain a failed start. */
  sayPrinted(): void {
    if (this.#printed.length === 0) return;
    this.#notify(`${this.#script || 'Triton'} printed:`);
    for (const line of this.#printed) this.#notify(`  ${line}`);
  }

  #keep({ source, level, text }: Extract<EmulatorEvent, { type: 'log.line' }>): void {
    if (source === 'emulator' && level === 'warning') this.#notify(`WARNING: ${text}`);
    const isShown = this.#script === '' ? source === 'engine' : source === 'script' || source === 'worker';
    if (!isShown) return;
    this.#printed.push(...text.split('\n'));
    this.#printed.splice(0, this.#printed.length - KEPT_LINES);
  }

  #reportInit(): void {
    if (this.#timer !== undefined) return;
    const started = Date.now();
    this.#timer = setInterval(() => {
      const seconds = Math.round((Date.now() - started) / 1000);
      const last = this.#printed.at(-1);
      const said = last === undefined ? '' : `; it last printed: ${last}`;
      this.#notify(`Running init() of ${this.#script} for ${seconds} s${said}`);
    }, REPORT_EVERY_MS);
  }
}

function faultOf(event: Extract<EmulatorEvent, { type: 'model.state' }>): string {
  return `model ${event.model}${event.version && ` version ${event.version}`}: ${event.reason}`;
}
