import path from 'node:path';
import { type SourceLocation, toTritonLocalError, userError } from '../base/index.ts';
import type { Variables } from './environment.ts';
import { keyOf, type NamedSetting, SETTINGS } from './named-settings.ts';
import type { FileValue } from './parse-project-file.ts';
import type { Origin } from './project-config.ts';
import { PROJECT_FILE } from './project-file.ts';
import type { SettingGroup, SettingGroupName } from './settings.ts';

/** The sources of settings; the first one that has a value wins. */
export interface SettingSources {
  /** Raw values of the flags that were given, by setting name. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly variables: Variables;
  readonly file: ReadonlyMap<string, FileValue>;
  readonly projectDir: string;
  readonly workingDirectory: string;
}

export interface GivenSettings {
  /** Every group with defaults filled in, frozen; paths are absolute. */
  readonly groups: { readonly [Name in SettingGroupName]: SettingGroup<Name> };
  readonly origins: Readonly<Record<string, Origin>>;
}

/**
 * Reads every setting of the table: flag over variable over `triton-local.yaml` over default.
 * @throws CONFIG_INVALID naming the flag, the variable, or the key with file and line.
 */
export function readSettings(sources: SettingSources): GivenSettings {
  const groups: Partial<Record<SettingGroupName, Record<string, unknown>>> = {};
  const origins: Record<string, Origin> = {};
  for (const setting of SETTINGS) {
    const { value, origin } = readSetting(setting, sources);
    const group = groups[setting.group] ?? {};
    groups[setting.group] = group;
    group[setting.key] = value;
    origins[setting.name] = origin;
  }
  for (const group of Object.values(groups)) Object.freeze(group);
  // The table guarantees the place and the type of each value.
  return { groups: groups as GivenSettings['groups'], origins };
}

function readSetting(
  setting: NamedSetting,
  { flags, variables, file, projectDir, workingDirectory }: SettingSources,
): { readonly value: unknown; readonly origin: Origin } {
  const { name, variable, longFlag } = setting;
  const flag = flags[name];
  if (flag !== undefined) return { value: parse(setting, flag, longFlag, workingDirectory), origin: 'flag' };
  if (variables[variable])
    return {
      value: parse(setting, variables[variable], variable, workingDirectory),
      origin: 'environment',
    };
  const entry = file.get(name);
  if (!entry) return { value: setting.fallback, origin: 'default' };
  const location = { file: path.join(projectDir, PROJECT_FILE), line: entry.line };
  return { value: parse(setting, entry.raw, keyOf(name), projectDir, location), origin: PROJECT_FILE };
}

function parse(
  setting: NamedSetting,
  raw: unknown,
  givenAs: string,
  folder: string,
  location?: SourceLocation,
): unknown {
  try {
    const value = setting.parse(raw);
    if (setting.path === undefined || typeof value !== 'string') return value;
    const isName = setting.path === 'program' && !/[\\/]/.test(value);
    return isName ? value : path.resolve(folder, value);
  } catch (error) {
    const { message, hint } = toTritonLocalError(error);
    const shown = typeof raw === 'string' ? `"${raw}"` : JSON.stringify(raw);
    throw userError('CONFIG_INVALID', `${givenAs} ${message}${setting.isSecret ? '' : `, not ${shown}`}`, {
      ...(hint && { hint }),
      ...(location && { location }),
    });
  }
}
