import { SETTINGS, type SettingName } from '../config/index.ts';

/** The flags of a command as commander hands them over: settings, and the command's own. */
export type Flags = Readonly<Record<string, unknown>>;

/** The settings among a command's flags; commander's default `true` of `--no-watch` counts as not given. */
export function settingFlags(flags: Flags): Partial<Record<SettingName, unknown>> {
  const given: Partial<Record<SettingName, unknown>> = {};
  for (const { name } of SETTINGS) {
    const value = flags[name];
    if (value !== undefined && !(name === 'watch' && value === true)) given[name] = value;
  }
  return given;
}
