import { type Command, Option } from 'commander';
import { toTritonLocalError } from '../../base/index.ts';
import { errorToJson, printError } from '../../ui/index.ts';
import { exitCodeOf } from '../error-catalogue.ts';
import type { Flags } from '../flags.ts';

/** A verb of `az ml`: its flags in commander's notation with what they are for; `*` marks those that must be given. */
export interface Verb {
  readonly name: string;
  readonly about: string;
  readonly example: string;
  readonly flags: readonly (readonly [flags: string, about: string])[];
  /** For our own programs. */
  readonly hidden?: boolean;
  readonly run: (flags: Flags) => Promise<number>;
}

/** What every verb of az takes. Those that name a subscription mean nothing here, and are taken so that scripts run. */
const COMMON: readonly (readonly [flags: string, about: string])[] = [
  ['-o, --output <form>', 'json, yaml, tsv, table or none'],
  ['--query <path>', 'what of the result, such as scoringUri'],
  ['--workspace <file>', 'the workspace, a .json file (default: in TRITON_LOCAL_HOME)'],
];
const IGNORED = [
  '-g, --resource-group <name>',
  '-w, --workspace-name <name>',
  '--subscription <id>',
  '--subscription-id <id>',
  '--path <dir>',
  '--debug',
  '--only-show-errors',
  '-v',
];

/** Adds a group of verbs, such as `model`, to the command line. */
export function addVerbs(program: Command, group: string, about: string, verbs: readonly Verb[]): void {
  const command = program.command(group).description(about);
  for (const verb of verbs) {
    const added = command
      .command(verb.name, { hidden: verb.hidden ?? false })
      .description(verb.about)
      .addHelpText('after', `\nExample:\n  $ npx triton-local ${group} ${verb.name} ${verb.example}`);
    const taken = new Set<string>();
    for (const [flags, description] of [...verb.flags, ...COMMON]) {
      const option = new Option(flags.replace('*', ''), description);
      if (flags.includes('*')) option.makeOptionMandatory();
      if (option.short) taken.add(option.short);
      taken.add(option.long ?? '');
      added.addOption(option);
    }
    for (const flags of IGNORED) {
      const option = new Option(flags, '').hideHelp();
      if (!taken.has(option.short ?? ' ') && !taken.has(option.long ?? ' ')) added.addOption(option);
    }
    added.addOption(new Option('--json-errors', 'for programs: an error as JSON, last on stderr').hideHelp());
    added.action(async () => {
      const flags: Flags = added.opts();
      try {
        (await import('./output.ts')).checkOutput(flags);
        process.exitCode = await verb.run(flags);
      } catch (thrown) {
        if (!flags.jsonErrors) throw thrown;
        const error = toTritonLocalError(thrown);
        printError(`${JSON.stringify(errorToJson(error))}\n`);
        process.exitCode = exitCodeOf(error);
      }
    });
  }
}
