import type { EmulatorEvent } from '../events/index.ts';
import type { Say } from './models.ts';

const REPORT_EVERY_MS = 10_000;
const KEPT_LINES = 200;

/** Tells the user how the start of a deployment goes, and why it failed. Ends with `close`. */
export class StartProgress {
  readonly #say: Say;
  readonly #script: string;
  readonly #modelFaults: string[] = [];
  readonly #printed: string[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param script the name of the entry script, for messages. */
  constructor(script: string, say: Say) {
    this.#script = script;
    this.#say = say;
  }

  /** What is wrong with models, one sentence each. */
  get modelFaults(): readonly string[] {
    return this.#modelFaults;
  }

  follow(event: EmulatorEvent): void {
    const { type } = event;
    if (type === 'environment.progress') this.#say(`${event.environment}: ${event.step} ${event.detail}`);
    else if (type === 'engine.starting') this.#say(`Starting the ${event.kind} engine`);
    else if (type === 'model.state' && event.state === 'UNAVAILABLE') this.#modelFaults.push(faultOf(event));
    else if (type === 'worker.started') this.#reportInit();
    else if (type === 'worker.ready' || type === 'worker.exited') this.close();
    else if (type === 'log.line') this.#keep(event);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** The last lines that the script printed: what a failed start is explained by. */
  sayPrinted(): void {
    if (this.#printed.length === 0) return;
    this.#say(`${this.#script} printed:`);
    for (const line of this.#printed) this.#say(`  ${line}`);
  }

  #keep({ source, level, text }: Extract<EmulatorEvent, { type: 'log.line' }>): void {
    if (source === 'emulator' && level === 'warning') this.#say(`WARNING: ${text}`);
    if (source !== 'script' && source !== 'worker') return;
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
      this.#say(`Running init() of ${this.#script} for ${seconds} s${said}`);
    }, REPORT_EVERY_MS);
  }
}

function faultOf(event: Extract<EmulatorEvent, { type: 'model.state' }>): string {
  return `model ${event.model}${event.version && ` version ${event.version}`}: ${event.reason}`;
}
