import { page, sentence, table } from './page.mjs';

/** The commands with their flags and examples, as the command line declares them. */
export function commandsPage({ createProgram, SETTINGS }) {
  const settings = new Set(SETTINGS.map(({ flag }) => flag));
  const program = createProgram();
  const commands = program.commands.filter(isShown);
  return page({
    title: 'Commands',
    source: 'the declarations in src/cli',
    related: [
      ['Settings', 'settings.md'],
      ['Exit statuses', 'exit-statuses.md'],
      ['The az ml verbs', '../azure-cli.md'],
    ],
    intro: [
      'Run a command as `npx triton-local COMMAND`. Every command has `--help`, and `--verbose` shows the cause of an error with its stack. `up` and `test` work on the folder that you name, or on the working directory. Commands for a running emulator find the nearest one at or above the working directory, unless you name a folder or an `--id`.',
    ],
    parts: commands.map((command) =>
      command.commands.length > 0 ? groupPart(command) : commandPart(command, '##', settings),
    ),
  });
}

function groupPart(group) {
  const verbs = group.commands.filter(isShown);
  return [
    `## ${group.name()}`,
    sentence(group.description()),
    ...verbs.map((it) => commandPart(it, '###')),
  ].join('\n\n');
}

function commandPart(command, mark, settings = new Set()) {
  const path = fullName(command);
  const given = new Set(command.options.map(({ flags }) => flags));
  // A command may have a flag of its own with the name of a setting, such as the --timeout of wait.
  const takesSettings = settings.size > 0 && [...settings].every((flag) => given.has(flag));
  const options = command.options.filter(
    ({ hidden, flags }) => !hidden && !(takesSettings && settings.has(flags)),
  );
  const rows = options.map(({ flags, description, mandatory }) => [
    `\`${flags}\``,
    sentence(description) + (mandatory ? ' Required.' : ''),
  ]);
  return [
    `${mark} ${path}`,
    `\`triton-local ${path} ${command.usage()}\``,
    sentence(command.description()),
    ...(rows.length > 0 ? [table(['Flag', 'Does'], rows)] : []),
    ...(takesSettings ? ['It also takes every [setting](settings.md) as a flag.'] : []),
    ...examplesOf(command),
  ].join('\n\n');
}

/** The examples below a command's help. */
function examplesOf(command) {
  let text = '';
  command.emit('afterHelp', { error: false, command, write: (chunk) => (text += chunk) });
  const lines = [...text.matchAll(/^ +\$ (.+)$/gm)].map(([, line]) => line);
  return lines.length > 0 ? [['```sh', ...lines, '```'].join('\n')] : [];
}

function fullName(command) {
  const above = command.parent?.parent ? `${fullName(command.parent)} ` : '';
  return `${above}${command.name()}`;
}

/** Commands for our own programs are hidden from the help. */
const isShown = (command) => !command._hidden && command.name() !== 'help';
