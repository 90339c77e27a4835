import { Command } from 'commander';
import { ENVIRONMENT_VERBS } from './azure/environment-verbs.ts';
import { MODEL_VERBS } from './azure/model-verbs.ts';
import { OTHER_GROUPS } from './azure/not-emulated.ts';
import { DEPLOYMENT_VERBS, ENDPOINT_VERBS } from './azure/online-verbs.ts';
import { SERVICE_VERBS } from './azure/service-verbs.ts';
import { addNotEmulated, addVerbs, type Verb } from './azure/verbs.ts';
import { addCommand, exampleText } from './command.ts';
import { attach } from './declarations/attach.ts';
import { az } from './declarations/az.ts';
import { azureDown, azureEnv, azureUp } from './declarations/azure.ts';
import { controlPlane } from './declarations/control-plane.ts';
import { data } from './declarations/data.ts';
import { doctor } from './declarations/doctor.ts';
import { down } from './declarations/down.ts';
import { endpointProxy } from './declarations/endpoint-proxy.ts';
import { exec } from './declarations/exec.ts';
import { keys } from './declarations/keys.ts';
import { logs } from './declarations/logs.ts';
import { prune } from './declarations/prune.ts';
import { ps } from './declarations/ps.ts';
import { pull } from './declarations/pull.ts';
import { reload } from './declarations/reload.ts';
import { status } from './declarations/status.ts';
import { test } from './declarations/test.ts';
import { up } from './declarations/up.ts';
import { wait } from './declarations/wait.ts';
import { print, printError } from './print.ts';
import { addVerbose } from './verbose.ts';
import { packageVersion } from './version.ts';

/** The verbs of `az ml`, in az's groups. */
const VERB_GROUPS: readonly (readonly [group: string, about: string, verbs: readonly Verb[]])[] = [
  ['model', 'register and deploy models (az ml model)', MODEL_VERBS],
  ['service', 'show, call, update and delete services (az ml service)', SERVICE_VERBS],
  [
    'environment',
    'register and show the environments of entry scripts (az ml environment)',
    ENVIRONMENT_VERBS,
  ],
  ['online-endpoint', 'manage endpoints of v2 and their traffic (az ml online-endpoint)', ENDPOINT_VERBS],
  ['online-deployment', 'manage the deployments of endpoints (az ml online-deployment)', DEPLOYMENT_VERBS],
];

/**
 * The command line. Every command is declared in a file of `declarations`, and its code is loaded only when it runs.
 * Wrong use throws commander's error, which `runProgram` maps to status 2.
 */
export function createProgram(): Command {
  const program = new Command('triton-local')
    .description("Azure Machine Learning's Triton deployments on this machine")
    .version(packageVersion())
    .option('--verbose', 'show the cause of an error with its stack')
    // Flags after a command belong to it: az has flags such as --version and --output too.
    .enablePositionalOptions()
    .showHelpAfterError('(triton-local --help lists the commands)')
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: printError });

  addCommand(program, up);
  addCommand(program, test);
  addCommand(program, ps);
  addCommand(program, logs);
  addCommand(program, attach);
  addCommand(program, wait);
  addCommand(program, status);
  addCommand(program, reload);
  addCommand(program, down);
  addCommand(program, keys);
  addCommand(program, data);
  addCommand(program, pull);
  addCommand(program, prune);
  addCommand(program, doctor);
  for (const [group, about, verbs] of VERB_GROUPS) addVerbGroup(program, group, about, verbs);
  addCommand(program, exec);
  const azure = program
    .command('azure')
    .description('run the control plane for Azure ML SDK v2 and azure-cli');
  addCommand(azure, azureUp);
  addCommand(azure, azureEnv);
  addCommand(azure, azureDown);
  addCommand(program, az);
  addCommand(program, controlPlane);
  addCommand(program, endpointProxy);
  for (const group of OTHER_GROUPS)
    addNotEmulated(program, group, 'only models, environments and their deployments are emulated');
  addVerbose(program);
  return program;
}

const MOST_EXAMPLES = 3;

function addVerbGroup(program: Command, group: string, about: string, verbs: readonly Verb[]): void {
  addVerbs(program, group, about, verbs);
  const shown = verbs.filter(({ hidden }) => hidden !== true).slice(0, MOST_EXAMPLES);
  program.commands
    .find((command) => command.name() === group)
    ?.addHelpText('after', exampleText(shown.map(({ name, example }) => `${group} ${name} ${example}`)));
}
