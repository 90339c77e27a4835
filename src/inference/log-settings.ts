import type { EventBody } from '../events/index.ts';
import type { LogDefaults } from './triton-arguments.ts';

const LEVELS = { info: 'log_info', warning: 'log_warning', error: 'log_error' } as const;

/** What clients can change; the log file cannot be. */
export type LogChange = { readonly [Key in keyof LogDefaults]?: LogDefaults[Key] };

/** The settings of the engine's log as clients see them, and which lines they keep back; the format is only shown. */
export class LogSettings {
  readonly #settings: { log_file: string } & { -readonly [Key in keyof LogDefaults]: LogDefaults[Key] };

  constructor(defaults: LogDefaults) {
    this.#settings = { log_file: '', ...defaults };
  }

  /** Whether an event is no line of a level that is turned off. */
  shows(event: EventBody): boolean {
    if (event.type !== 'log.line' || event.level === 'debug') return true;
    return this.#settings[LEVELS[event.level]];
  }

  /** In Triton's order. */
  get shown(): Readonly<{ log_file: string } & LogDefaults> {
    return this.#settings;
  }

  change(change: LogChange): void {
    Object.assign(this.#settings, change);
  }
}

export const LOG_FILE_REFUSED = 'log file location can not be updated through network protocol';

export function isLogFormat(format: string): boolean {
  return format === 'default' || format === 'ISO8601';
}
