import type { Flags } from '../flags.ts';
import { NO_REGISTRY } from './not-emulated.ts';
import type { FlagLines, Verb } from './verbs.ts';

/** The commands of one kind of asset. */
interface ArchiveCommands {
  archive(flags: Flags): Promise<number>;
  restore(flags: Flags): Promise<number>;
}

/** Flags of lists of assets that can be archived. */
export const ARCHIVE_LISTS: FlagLines = [
  ['--archived-only', 'only what is archived'],
  ['--include-archived', 'also what is archived'],
];

/** `archive` and `restore`. @param asset with its article, such as `a model` */
export function archiveVerbs(asset: string, load: () => Promise<ArchiveCommands>): readonly Verb[] {
  const flags: FlagLines = [
    ['-n, --name <name>*', 'its name'],
    ['-v, --version <version>', 'its version (default: all versions)'],
    ['-l, --label <label>', 'a label instead of the version; latest is the only one'],
  ];
  const example = '-n my-asset -v 1';
  return [
    {
      name: 'archive',
      about: `leave ${asset} out of lists`,
      example,
      flags,
      notEmulated: NO_REGISTRY,
      run: async (given) => (await load()).archive(given),
    },
    {
      name: 'restore',
      about: `list ${asset} again that was archived`,
      example,
      flags,
      notEmulated: NO_REGISTRY,
      run: async (given) => (await load()).restore(given),
    },
  ];
}
