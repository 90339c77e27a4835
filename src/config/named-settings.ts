import { SETTING_GROUPS, type Setting, type SettingGroupName } from './settings.ts';

/** A setting with its place in the table and the names derived from its flag. */
export interface NamedSetting extends Setting {
  readonly group: SettingGroupName;
  readonly groupTitle: string;
  /** Its name within the group. */
  readonly key: string;
  /** Its name in `origins`, such as `httpPort`; the key in the file is `http-port`. */
  readonly name: string;
  readonly variable: string;
  /** The long flag without its argument, such as `--http-port`. */
  readonly longFlag: string;
  /** The name under which commander returns the flag's value. */
  readonly attribute: string;
}

/** All settings in the order of the table. */
export const SETTINGS: readonly NamedSetting[] = Object.entries(SETTING_GROUPS).flatMap(
  ([group, { title, settings }]) =>
    Object.entries(settings).map(([key, setting]: [string, Setting]) => {
      const longFlag = setting.flag.split(' ', 1)[0] ?? setting.flag;
      const attribute = longFlag
        .replace(/^--(?:no-)?/, '')
        .replace(/-([a-z])/g, (_dash, letter: string) => letter.toUpperCase());
      const name = setting.name ?? attribute;
      const variable = `TRITON_LOCAL_${keyOf(name).replaceAll('-', '_').toUpperCase()}`;
      const places = { group: group as SettingGroupName, groupTitle: title, key };
      return { ...setting, ...places, name, variable, longFlag, attribute };
    }),
);

/** The key of a setting in the project file: `http-port` for `httpPort`. */
export function keyOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
