import { invalidArgument } from '../kserve/index.ts';

/** The settings of tracing that clients can change. */
interface Settings {
  readonly trace_level?: readonly string[];
  readonly trace_rate?: string;
  readonly trace_count?: string;
  readonly log_frequency?: string;
}

/** New values; `null` goes back to what applies without one. */
export type TraceChange = { readonly [Key in keyof Settings]?: Settings[Key] | null };

export type TraceNumber = 'trace_rate' | 'trace_count' | 'log_frequency';

/** What clients see of tracing. */
export type ShownTraceSettings = Required<Settings> & {
  readonly trace_file: string;
  readonly trace_mode: string;
};

export const TRACE_NUMBERS: readonly TraceNumber[] = ['trace_rate', 'trace_count', 'log_frequency'];
export const TRACE_FILE_REFUSED = 'trace file location can not be updated through network protocol';

const DEFAULTS = { trace_level: ['OFF'], trace_rate: '1000', trace_count: '-1', log_frequency: '0' };

/** The settings of tracing, for the server and for models that have settings of their own. Nothing is traced. */
export class TraceSettings {
  #global: Settings = {};
  readonly #ofModels = new Map<string, Settings>();

  /** @param model empty for the server's settings */
  shown(model: string): ShownTraceSettings {
    const own = model === '' ? {} : this.#own(model);
    return { ...DEFAULTS, ...this.#global, ...own, trace_file: '', trace_mode: 'triton' };
  }

  /** @throws KServeError for a level that would need a file, which is not given */
  change(model: string, change: TraceChange): void {
    const next: Record<string, string | readonly string[] | null> = { ...this.#own(model) };
    for (const [key, value] of Object.entries(change)) next[key] = value;
    const level = next.trace_level ?? [];
    if (level.length > 0 && level[0] !== 'OFF')
      throw invalidArgument('Attempting to set invalid trace setting :trace file name is not given');
    const settings = Object.fromEntries(Object.entries(next).filter(([, value]) => value !== null));
    if (model === '') this.#global = settings;
    else this.#ofModels.set(model, settings);
  }

  #own(model: string): Settings {
    return model === '' ? this.#global : (this.#ofModels.get(model) ?? {});
  }
}

/** The levels among these words; others are passed over. @throws KServeError for `OFF` beside another */
export function traceLevels(words: readonly string[]): readonly string[] {
  if (words.includes('OFF') && words.length > 1)
    throw invalidArgument("Expect only one trace level 'OFF' is specified");
  const levels = words.filter((word) => word === 'TIMESTAMPS' || word === 'TENSORS');
  return levels.length > 0 ? levels : ['OFF'];
}

/** How a protocol's refusals of a `trace_count` differ. */
export interface TraceCountTexts {
  /** The least value that a refusal of one beyond the range names. */
  readonly least: number;
  /** How one below -1 is shown. */
  readonly show: (text: string, number: number) => string;
}

/** Numbers come as texts and are read as C++ reads them: as far as they go, negative ones into 32 unsigned bits. */
export function traceNumber(key: TraceNumber, text: string, count: TraceCountTexts): string {
  const digits = /^\s*[+-]?\d+/.exec(text)?.[0];
  if (digits === undefined) throw invalidArgument(`Unable to parse '${key}', got: ${text}`);
  const number = Number(digits);
  const [least, most] = key === 'trace_count' ? [count.least, 2 ** 31 - 1] : [0, 2 ** 32 - 1];
  if (Math.abs(number) > most)
    throw invalidArgument(
      `Unable to parse '${key}', value is out of range [ ${least}, ${most} ], got: ${text}`,
    );
  if (key !== 'trace_count') return String(number >>> 0);
  if (number < -1)
    throw invalidArgument(`Unable to parse '${key}'. Expecting value >= -1, got:${count.show(text, number)}`);
  return String(number);
}
