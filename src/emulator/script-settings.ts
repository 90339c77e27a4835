import { toTritonLocalError } from '../base/index.ts';
import { keyOf, type ProjectConfig, SETTINGS } from '../config/index.ts';
import type { EventSink } from '../events/index.ts';

/** The settings that each generation of workers reads again; the others keep their values from the start. */
const REREAD: ReadonlySet<string> = new Set(['workers', 'python', 'environment']);
/** Not compared: sources of settings, and what may disappear for a moment and is detected elsewhere. */
const NOT_REPORTED: ReadonlySet<string> = new Set(['origins', 'warnings', 'start', 'models', 'script']);

export interface ScriptSettingsOptions {
  readonly config: ProjectConfig;
  /** Resolves the project again from its files; without it, all settings stay. */
  readonly resolve: (() => Promise<ProjectConfig>) | undefined;
  readonly events: EventSink;
}

/** The settings of the script, which follow the project's files from one generation to the next. */
export class ScriptSettings {
  readonly #options: ScriptSettingsOptions;
  #reported = '';

  constructor(options: ScriptSettingsOptions) {
    this.#options = options;
  }

  /**
   * The settings for the next generation. Changes that need a restart are reported once and otherwise ignored.
   * @throws the fault of a configuration file, with file and line
   */
  async next(): Promise<ProjectConfig> {
    const { config, events } = this.#options;
    const now = await this.#resolve();
    const left = Object.entries(config)
      .filter(([group]) => !REREAD.has(group) && !NOT_REPORTED.has(group))
      .flatMap(([group, before]) => changed(group, before, now[group as keyof ProjectConfig]))
      .sort()
      .join(', ');
    if (left !== this.#reported) {
      this.#reported = left;
      const text = `these changed settings take effect at the next start: ${left}`;
      if (left !== '') events.emit({ type: 'log.line', source: 'emulator', level: 'warning', text });
    }
    return now;
  }

  async #resolve(): Promise<ProjectConfig> {
    const { config, resolve } = this.#options;
    try {
      return (await resolve?.()) ?? config;
    } catch (error) {
      // A missing script, for example, is better reported by the start that needs it.
      const { kind, location } = toTritonLocalError(error);
      if (kind === 'user' && location === undefined) return config;
      throw error;
    }
  }
}

/** The settings in a group that differ, under their names in `triton-local.yaml`. */
function changed(group: string, before: unknown, now: unknown): string[] {
  const isGroup = typeof before === 'object' && before !== null;
  if (!isGroup) return JSON.stringify(before) === JSON.stringify(now) ? [] : [group];
  const settings: Readonly<Record<string, unknown>> = { ...(now as object) };
  return Object.entries(before)
    .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(settings[name]))
    .map(([name]) => {
      const setting = SETTINGS.find(({ group: its, key }) => its === group && key === name);
      return setting ? keyOf(setting.name) : name;
    });
}
