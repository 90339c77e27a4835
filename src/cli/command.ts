import { type Command, Option } from 'commander';
import { toTritonLocalError, userError } from '../base/index.ts';
import { SETTINGS } from '../config/index.ts';

/** A flag of a command, in commander's notation; its key is its long name in camel case. */
export interface Flag {
  readonly flag: string;
  readonly about: string;
  /** Parses the value, or throws a message that says what is valid; by default the value stays text. */
  readonly parse?: (raw: unknown) => unknown;
  /** The value if the flag is not given. */
  readonly fallback?: unknown;
  /** For our own programs; not shown in the help. */
  readonly hidden?: boolean;
}

export type FlagTable = Readonly<Record<string, Flag>>;

type ValueOf<F extends Flag> = F extends { readonly parse: (raw: unknown) => infer Value }
  ? F extends { readonly fallback: Value }
    ? Value
    : Value | undefined
  : F['flag'] extends `${string}<${string}>`
    ? string | undefined
    : boolean;

/** The values of the flags that a command declares. */
export type FlagValues<Flags extends FlagTable> = {
  readonly [Name in keyof Flags]: ValueOf<Flags[Name]>;
};

export interface Invocation<Flags extends FlagTable> {
  /** The positional arguments. */
  readonly args: readonly string[];
  readonly flags: FlagValues<Flags>;
  /** The settings among the flags, by name; empty for a command without settings. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** A command's name, arguments and flags; its code is loaded when it runs. */
export interface CommandDeclaration<Flags extends FlagTable = FlagTable> {
  /** The name with its arguments in commander's notation, such as `down [dir]`. */
  readonly usage: string;
  readonly about: string;
  readonly flags: Flags;
  /** Whether it accepts every setting as a flag, as `up` does. */
  readonly takesSettings?: boolean;
  /** Command lines without the program's name. */
  readonly examples: readonly string[];
  readonly hidden?: boolean;
  /** Runs it; resolves with the exit status. */
  readonly run: (invocation: Invocation<Flags>) => Promise<number>;
}

/** Declares a command, with the types of its flags inferred from their declarations. */
export function declareCommand<const Flags extends FlagTable>(
  declaration: CommandDeclaration<Flags>,
): CommandDeclaration<Flags> {
  return declaration;
}

/** Adds a declared command to the command line. */
export function addCommand<Flags extends FlagTable>(
  program: Command,
  declaration: CommandDeclaration<Flags>,
): void {
  const { usage, about, flags, takesSettings = false, examples, hidden = false, run } = declaration;
  const command = program.command(usage, { hidden }).description(about);
  for (const { flag, about: description, hidden: isHidden = false } of Object.values<Flag>(flags))
    command.addOption(new Option(flag, description).hideHelp(isHidden));
  if (takesSettings) addSettings(command);
  if (examples.length > 0) command.addHelpText('after', exampleText(examples));
  command.action(async () => {
    const raw: Readonly<Record<string, unknown>> = command.opts();
    process.exitCode = await run({
      args: command.args,
      flags: readFlags(flags, raw),
      settings: takesSettings ? settingFlags(raw) : {},
    });
  });
}

export function exampleText(examples: readonly string[]): string {
  const lines = examples.map((line) => `\n  $ npx triton-local ${line}`);
  return `\nExample${examples.length > 1 ? 's' : ''}:${lines.join('')}`;
}

function addSettings(command: Command): void {
  for (const { flag, about, variable, groupTitle, fallback, defaultText, isRepeatable } of SETTINGS) {
    const shown =
      defaultText ?? (fallback === undefined || fallback === false ? undefined : String(fallback));
    const description = `${about}${shown === undefined ? '' : ` (default: ${shown})`} [${variable}]`;
    const option = new Option(flag, description).helpGroup(`${groupTitle}:`);
    if (isRepeatable) option.argParser((value, before: string[] = []) => [...before, value]);
    command.addOption(option);
  }
}

/** The settings among a command's flags; commander's default `true` of `--no-watch` counts as not given. */
function settingFlags(raw: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    SETTINGS.flatMap(({ name, attribute }) => {
      const value = raw[attribute];
      return value === undefined || (attribute === 'watch' && value === true) ? [] : [[name, value]];
    }),
  );
}

function readFlags<Flags extends FlagTable>(
  flags: Flags,
  raw: Readonly<Record<string, unknown>>,
): FlagValues<Flags> {
  const values = Object.entries(flags).map(([name, flag]) => [name, readFlag(flag, raw[name])]);
  // Each value has the type that its flag declares: commander returns texts and booleans, `parse` the rest.
  return Object.fromEntries(values) as FlagValues<Flags>;
}

function readFlag({ flag, parse, fallback }: Flag, raw: unknown): unknown {
  if (raw === undefined) return fallback ?? (flag.includes('<') ? undefined : false);
  if (!parse) return raw;
  try {
    return parse(raw);
  } catch (error) {
    const longFlag = /--[a-z-]+/.exec(flag)?.[0] ?? flag;
    const { message, hint } = toTritonLocalError(error);
    throw userError('CONFIG_INVALID', `${longFlag} ${message}, not "${raw}"`, { ...(hint && { hint }) });
  }
}
