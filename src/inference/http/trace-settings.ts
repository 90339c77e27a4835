import type { ServerResponse } from 'node:http';
import {
  asArray,
  asString,
  invalidArgument,
  isObject,
  type JsonValue,
  readJson,
  unsupported,
} from '../../kserve/index.ts';
import { answerJson } from './answer.ts';

interface Settings {
  readonly trace_level?: readonly string[];
  readonly trace_rate?: string;
  readonly trace_count?: string;
  readonly log_frequency?: string;
}

const DEFAULTS = { trace_level: ['OFF'], trace_rate: '1000', trace_count: '-1', log_frequency: '0' };

/** What `GET /v2/trace/setting` shows, for the server and for models with their own settings. Nothing is traced. */
export class TraceSettings {
  #global: Settings = {};
  readonly #ofModels = new Map<string, Settings>();

  /** @param model empty for the server's settings */
  answer(model: string, method: string, body: Buffer, response: ServerResponse): void {
    if (method === 'POST') {
      const settings = update(this.#own(model), readJson(body.toString('latin1')));
      if (model === '') this.#global = settings;
      else this.#ofModels.set(model, settings);
    }
    const shown = { ...DEFAULTS, ...this.#global, ...(model === '' ? {} : this.#own(model)) };
    answerJson(response, { ...shown, trace_file: '', trace_mode: 'triton' });
  }

  #own(model: string): Settings {
    return model === '' ? this.#global : (this.#ofModels.get(model) ?? {});
  }
}

function update(settings: Settings, root: JsonValue): Settings {
  const given = (key: string) => (isObject(root) ? root.get(key) : undefined);
  if (given('trace_file') !== undefined)
    throw unsupported('trace file location can not be updated through network protocol');
  const next: Record<string, string | readonly string[] | undefined> = { ...settings };
  const level = given('trace_level');
  if (level !== undefined) next.trace_level = level === null ? undefined : traceLevel(level);
  for (const key of ['trace_rate', 'trace_count', 'log_frequency'] as const) {
    const value = given(key);
    if (value !== undefined) next[key] = value === null ? undefined : traceNumber(key, value);
  }
  if ((next.trace_level ?? []).length > 0 && next.trace_level?.[0] !== 'OFF')
    throw invalidArgument('Attempting to set invalid trace setting :trace file name is not given');
  return Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined));
}

/** Words that are not a level are ignored. */
function traceLevel(value: JsonValue): readonly string[] {
  const words = asArray(value, '').map((word) => asString(word, ''));
  if (words.includes('OFF') && words.length > 1)
    throw invalidArgument("Expect only one trace level 'OFF' is specified");
  const levels = words.filter((word) => word === 'TIMESTAMPS' || word === 'TENSORS');
  return levels.length > 0 ? levels : ['OFF'];
}

/**
 * Numbers arrive as text and are parsed as in C++: up to the first other character, negative ones as unsigned 32 bits.
 */
function traceNumber(key: 'trace_rate' | 'trace_count' | 'log_frequency', value: JsonValue): string {
  const text = asString(value, '');
  const digits = /^\s*[+-]?\d+/.exec(text)?.[0];
  if (digits === undefined) throw invalidArgument(`Unable to parse '${key}', got: ${text}`);
  const number = Number(digits);
  const [least, most] = key === 'trace_count' ? [-(2 ** 31), 2 ** 31 - 1] : [0, 2 ** 32 - 1];
  if (Math.abs(number) > most)
    throw invalidArgument(
      `Unable to parse '${key}', value is out of range [ ${least}, ${most} ], got: ${text}`,
    );
  if (key !== 'trace_count') return String(number >>> 0);
  if (number < -1) throw invalidArgument(`Unable to parse '${key}'. Expecting value >= -1, got:${number}`);
  return String(number);
}
