import { Command, Option } from 'commander';
import { SETTINGS } from '../config/index.ts';
import { print, printError } from '../ui/index.ts';
import { ENVIRONMENT_VERBS } from './azure/environment-verbs.ts';
import { MODEL_VERBS } from './azure/model-verbs.ts';
import { DEPLOYMENT_VERBS, ENDPOINT_VERBS } from './azure/online-verbs.ts';
import { SERVICE_VERBS } from './azure/service-verbs.ts';
import { addVerbs } from './azure/verbs.ts';
import type { Flags } from './flags.ts';
import { packageVersion } from './version.ts';

/** What a command resolves with: its exit status. */
type Action = (argument: string | undefined, flags: Flags) => Promise<number>;

/**
 * The command line: one entry a command, its code loaded only when it runs. Wrong use ends with status 2 and a
 * suggestion; `runProgram` maps it.
 */
export function createProgram(): Command {
  const program = new Command('triton-local')
    .description("Azure Machine Learning's Triton deployments on this machine")
    .version(packageVersion())
    .option('--verbose', 'show the cause of an error with its stack')
    .showHelpAfterError('(triton-local --help lists what there is)')
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: printError });

  withSettings(program.command('up [dir]'))
    .description('start everything for a project and reload it on every save')
    .option('-d, --detach', 'start it apart from this terminal, and return when it is ready')
    .option('--id <name>', 'start another one beside the one that runs for this folder, under this name')
    .addOption(new Option('--event-log <file>', 'what -d starts').hideHelp())
    .addOption(
      new Option('--settings-stdin', 'settings that may be secrets, as JSON on standard input').hideHelp(),
    )
    .addOption(new Option('--key-file <file>', 'the keys of a deployed service').hideHelp())
    .addHelpText('after', example('up sample-models/digits --port 6789'))
    .action(run(async (directory, flags) => (await import('./commands/up.ts')).up(directory, flags)));

  withSettings(program.command('test [dir]'))
    .description('start a project, send its sample requests, compare the answers, stop')
    .option('--requests <file>', 'the sample requests (default: sample-requests.json or .yaml)')
    .option('--report <file>', 'also write a report: .xml (JUnit), .json or .md')
    .option('--url <uri>', 'send them to this scoring URI instead of starting anything')
    .option('--key <key>', 'key for --url (better: TRITON_LOCAL_KEY)')
    .option('--json', 'print the report as JSON')
    .addHelpText('after', example('test sample-models/digits --report report.xml'))
    .action(run(async (directory, flags) => (await import('./commands/test.ts')).test(directory, flags)));

  program
    .command('ps')
    .description('list the running emulators')
    .option('--json', 'as JSON')
    .addHelpText('after', example('ps'))
    .action(run(async (_none, flags) => (await import('./commands/ps.ts')).ps(flags)));

  program
    .command('logs [dir]')
    .description('show the log of an emulator, also after its end')
    .option('-f, --follow', 'follow the log until the emulator ends')
    .option('-n, --lines <number>', 'only the last events, this many')
    .option('--json', 'events as JSON, one a line')
    .option('--id <name>', 'the one that up --id named, or that ps lists by this id')
    .addHelpText('after', example('logs --follow'))
    .action(run(async (directory, flags) => (await import('./commands/logs.ts')).logs(directory, flags)));

  program
    .command('attach [dir]')
    .description('show the screen of a running emulator; leaving it leaves the emulator running')
    .option('--ui <mode>', 'how to show it: auto, tui, plain, json', 'auto')
    .option('--id <name>', 'the one that up --id named, or that ps lists by this id')
    .addHelpText('after', example('attach'))
    .action(run(async (directory, flags) => (await import('./commands/attach.ts')).attach(directory, flags)));

  program
    .command('wait [dir]')
    .description('wait until an emulator is ready; 4 when it is not in time')
    .option('--timeout <seconds>', 'how long', '300')
    .option('--id <name>', 'the one that up --id named, or that ps lists by this id')
    .addHelpText('after', example('wait --timeout 60'))
    .action(run(async (directory, flags) => (await import('./commands/wait.ts')).wait(directory, flags)));

  program
    .command('status [dir]')
    .description('show what a running emulator serves')
    .option('--json', 'as JSON')
    .option('--id <name>', 'the one that up --id named, or that ps lists by this id')
    .addHelpText('after', example('status --json'))
    .action(run(async (directory, flags) => (await import('./commands/status.ts')).status(directory, flags)));

  program
    .command('reload [model]')
    .description('reload what changed now, or one model whether it changed or not')
    .option('--dir <dir>', 'the project (default: that of this folder)')
    .option('--id <name>', 'the one that up --id named, or that ps lists by this id')
    .addHelpText('after', example('reload digits'))
    .action(run(async (model, flags) => (await import('./commands/reload.ts')).reload(model, flags)));

  program
    .command('down [dir]')
    .description("stop this folder's emulator")
    .option('--all', 'stop all of them, deployed services included')
    .option('--id <name>', 'the one that up --id named, or that ps lists by this id')
    .addHelpText('after', example('down'))
    .action(run(async (directory, flags) => (await import('./commands/down.ts')).down(directory, flags)));

  program
    .command('data [file]')
    .description("list what a project's script has collected about its models, or show one file of it")
    .option('--dir <dir>', 'the project (default: this folder)')
    .option('--json', 'the list as JSON')
    .addHelpText('after', example('data inputs.csv --dir sample-models/digits'))
    .action(run(async (file, flags) => (await import('./commands/data.ts')).data(file, flags)));

  program
    .command('pull [image]')
    .description(
      'get the Triton image: a release such as 24.10, azureml-21.02, slim (built here), or any reference',
    )
    .option('--slim-base <ref>', 'image with Python and pip that slim is built on')
    .option('--docker-host <url>', 'the Docker daemon to use')
    .option('--json', 'progress and result as JSON')
    .addHelpText('after', example('pull 24.10'))
    .action(run(async (image, flags) => (await import('./commands/pull.ts')).pull(image, flags)));

  program
    .command('prune')
    .description('remove environments, runtimes, logs and leftovers that nothing uses')
    .option('--older-than <age>', 'only what was last used so long ago, such as 30d or 12h')
    .option('--data', 'also the data that scripts collected, which cannot be made again')
    .option(
      '--elsewhere',
      'also folders of emulators on other hosts or in other containers: only once those have ended',
    )
    .option('--dry-run', 'only show what would be removed')
    .option('--json', 'as JSON')
    .addHelpText('after', example('prune --older-than 30d --dry-run'))
    .action(run(async (_none, flags) => (await import('./commands/prune.ts')).prune(flags)));

  program
    .command('doctor')
    .description('show what is installed, reachable and broken, and what mends it')
    .option('--docker-host <url>', 'the Docker daemon to look at')
    .option('--image <ref>', 'the image to look for')
    .option('--json', 'as JSON')
    .addHelpText('after', example('doctor'))
    .action(run(async (_none, flags) => (await import('./commands/doctor.ts')).doctor(flags)));

  addVerbs(program, 'model', 'az ml model: register and deploy models', MODEL_VERBS);
  addVerbs(
    program,
    'service',
    'az ml service: look at, call, change and end what was deployed',
    SERVICE_VERBS,
  );

  addVerbs(program, 'environment', 'az ml environment: what entry scripts run in', ENVIRONMENT_VERBS);
  addVerbs(program, 'online-endpoint', 'az ml online-endpoint: the doors of v2', ENDPOINT_VERBS);
  addVerbs(
    program,
    'online-deployment',
    'az ml online-deployment: what serves behind them',
    DEPLOYMENT_VERBS,
  );

  program
    .command('exec [command...]')
    .description('run a command whose Python deploys here with the Azure ML SDK')
    .addHelpText('after', example('exec -- python deploy.py'))
    .action(async (command: readonly string[]) => {
      process.exitCode = await (await import('./commands/exec.ts')).exec(command);
    });

  program
    .command('endpoint-door <name> <workspace>', { hidden: true })
    .addOption(new Option('--port <number>'))
    .action(async (name: string, workspace: string, flags: Flags) => {
      process.exitCode = await (await import('./commands/endpoint-door.ts')).endpointDoor(
        name,
        workspace,
        flags,
      );
    });

  return program;
}

function withSettings(command: Command): Command {
  for (const setting of SETTINGS) {
    command.addOption(new Option(setting.flag, `${setting.description} [${setting.variable}]`));
  }
  return command;
}

const example = (line: string) => `\nExample:\n  $ npx triton-local ${line}`;

/** Commander calls actions with the command's own argument, if it has one, then its flags and itself. */
function run(action: Action): (...args: unknown[]) => Promise<void> {
  return async (...args) => {
    const command = args.at(-1);
    if (!(command instanceof Command)) throw new TypeError('commander called an action without its command');
    process.exitCode = await action(command.args[0], command.opts());
  };
}
