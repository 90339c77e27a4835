import { type Command, Option } from 'commander';
import { toTritonLocalError, userError } from '../../base/index.ts';
import { exitCodeOf } from '../error-catalogue.ts';
import type { Flags } from '../flags.ts';
import { printError } from '../print.ts';
import { withFullNames } from './abbreviations.ts';

/** Flags in commander's notation with descriptions; `*` marks required ones. */
export type FlagLines = readonly (readonly [flags: string, about: string])[];

/** A verb of `az ml`. */
export interface Verb {
  readonly name: string;
  readonly about: string;
  readonly example: string;
  readonly flags: FlagLines;
  /** Flags of az that are refused, each with the reason. */
  readonly notEmulated?: FlagLines;
  /** Hidden from help: for our own programs, or not emulated. */
  readonly hidden?: boolean;
  readonly run: (flags: Flags) => Promise<number>;
}

/** Flags of every az verb. Those that name a subscription have no effect; they are accepted so that scripts run. */
const COMMON: FlagLines = [
  ['-o, --output <form>', 'output format: json, yaml, tsv, table or none'],
  ['--query <path>', 'the part of the result to print, such as scoringUri (JMESPath)'],
];
const IGNORED = [
  '-g, --resource-group <name>',
  '-w, --workspace-name <name>',
  '--subscription <id>',
  '--subscription-id <id>',
  '--path <dir>',
  '--debug',
  '--verbose',
  '--only-show-errors',
  '-v',
];
/** Our own additions to az's flags; they cannot be abbreviated. */
const OWN: FlagLines = [
  ['--workspace <file>', 'the workspace file (default: workspace/default.json in TRITON_LOCAL_HOME)'],
];
const FOR_PROGRAMS = ['--json-errors', 'for programs: an error as JSON, last on stderr'] as const;

/** A verb of az that is not emulated; it accepts any arguments. @param why ends the sentence. */
export function notEmulated(name: string, why: string): Verb {
  return {
    name,
    about: `not emulated: ${why}`,
    example: '',
    flags: [],
    hidden: true,
    run: () => Promise.reject(userError('CONFIG_INVALID', `${name} is not emulated: ${why}`)),
  };
}

/** A group of `az ml` that is not emulated. */
export function addNotEmulated(program: Command, group: string, why: string): void {
  program
    .command(group, { hidden: true })
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => Promise.reject(userError('CONFIG_INVALID', `az ml ${group} is not emulated: ${why}`)));
}

/** Adds a group of verbs, such as `model`, to the command line. */
export function addVerbs(program: Command, group: string, about: string, verbs: readonly Verb[]): void {
  const command = program.command(group).description(about);
  for (const verb of verbs) addVerb(command, group, verb);
}

function addVerb(command: Command, group: string, verb: Verb): void {
  const added = command.command(verb.name, { hidden: verb.hidden ?? false }).description(verb.about);
  if (verb.example === '') added.allowUnknownOption().allowExcessArguments();
  else added.addHelpText('after', `\nExample:\n  $ npx triton-local ${group} ${verb.name} ${verb.example}`);
  addOptions(added, verb);
  added.action(async () => {
    const flags: Flags = added.opts();
    try {
      refuseNotEmulated(added, verb);
      (await import('./output.ts')).checkOutput(flags);
      process.exitCode = await verb.run(flags);
    } catch (thrown) {
      if (!flags.jsonErrors) throw thrown;
      const error = toTritonLocalError(thrown);
      const { errorToJson } = await import('../../ui/index.ts');
      printError(`${JSON.stringify(errorToJson(error))}\n`);
      process.exitCode = exitCodeOf(error);
    }
  });
}

function addOptions(command: Command, { flags, notEmulated: refused = [] }: Verb): void {
  for (const [names, description] of [...flags, ...COMMON]) {
    const option = new Option(names.replace('*', ''), description);
    if (names.includes('*')) option.makeOptionMandatory();
    command.addOption(option);
  }
  const hidden = (names: string) => {
    const option = new Option(names, '').hideHelp();
    const isTaken = command.options.some(
      ({ short, long }) => (short !== undefined && short === option.short) || long === option.long,
    );
    if (!isTaken) command.addOption(option);
  };
  for (const [names] of refused) hidden(names);
  for (const names of IGNORED) hidden(names);
  // Only az's own flags may be abbreviated.
  const known = [...command.options.flatMap(({ short, long }) => [long, short]), '--help'].filter(
    (name) => name?.startsWith('--') ?? false,
  );
  for (const [names, description] of OWN) command.addOption(new Option(names, description));
  command.addOption(new Option(...FOR_PROGRAMS).hideHelp());
  const parse = command.parseOptions.bind(command);
  const names = known.filter((name) => name !== undefined);
  command.parseOptions = (args) => parse(withFullNames(args, command, names));
}

/** @throws CONFIG_INVALID with the reason. */
function refuseNotEmulated(command: Command, { notEmulated: refused = [] }: Verb): void {
  for (const [names, why] of refused) {
    const option = new Option(names);
    if (command.getOptionValue(option.attributeName()) !== undefined)
      throw userError('CONFIG_INVALID', `${option.long} is not emulated: ${why}`);
  }
}
