import type { ServerResponse } from 'node:http';
import type { EventBody } from '../../events/index.ts';
import {
  asBoolean,
  asString,
  asUnsigned,
  isObject,
  type JsonValue,
  readJson,
  unavailable,
  unsupported,
} from '../../kserve/index.ts';
import type { LogDefaults } from '../triton-arguments.ts';
import { answerJson } from './answer.ts';

const LEVELS = { info: 'log_info', warning: 'log_warning', error: 'log_error' } as const;

/** What `GET /v2/logging` shows, and which lines of the engine's log are suppressed; the format is only shown. */
export class LogSettings {
  readonly #settings: { log_file: string } & { -readonly [key in keyof LogDefaults]: LogDefaults[key] };

  constructor(defaults: LogDefaults) {
    this.#settings = { log_file: '', ...defaults };
  }

  /** Whether to emit an event: false for log lines of a disabled level. */
  shows(event: EventBody): boolean {
    if (event.type !== 'log.line' || event.level === 'debug') return true;
    return this.#settings[LEVELS[event.level]];
  }

  answer(method: string, body: Buffer, response: ServerResponse): void {
    if (method === 'POST') this.#update(readJson(body.toString('latin1')));
    answerJson(response, this.#settings);
  }

  /** In Triton's order; settings before a faulty one take effect. */
  #update(root: JsonValue): void {
    const given = (key: string) => (isObject(root) ? (root.get(key) ?? undefined) : undefined);
    const settings = this.#settings;
    if (given('log_file') !== undefined)
      throw unsupported('log file location can not be updated through network protocol');
    for (const key of ['log_info', 'log_warning', 'log_error'] as const) {
      const value = given(key);
      if (value !== undefined) settings[key] = asBoolean(value, '');
    }
    const level = given('log_verbose_level');
    if (level !== undefined) settings.log_verbose_level = asUnsigned(level, '');
    const format = given('log_format');
    if (format !== undefined) settings.log_format = logFormat(asString(format, ''));
  }
}

function logFormat(format: string): string {
  if (format === 'default' || format === 'ISO8601') return format;
  throw unavailable(`invalid argument for --log_format, got: ${format}`);
}
