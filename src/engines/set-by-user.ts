import type { ProjectConfig } from '../config/index.ts';

/** Whether the user set this setting, by whatever means, rather than its default or nothing. */
export function isSetByUser({ origins }: Pick<ProjectConfig, 'origins'>, setting: string): boolean {
  return (origins[setting] ?? 'default') !== 'default';
}
