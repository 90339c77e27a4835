import { userError } from '../../base/index.ts';
import { homeDirectory } from '../../config/index.ts';
import {
  defaultForm,
  ENVIRONMENT_FORMS,
  type EnvironmentForm,
  findControlPlane,
  joinControlPlane,
  printedEnvironment,
} from '../../controlplane/index.ts';
import { clientVariables } from '../azure/client-variables.ts';
import { serviceHost } from '../azure/deploy-flags.ts';
import { notify } from '../azure/output.ts';
import { EXIT } from '../exit-codes.ts';
import { withControl } from '../instances.ts';
import { print } from '../print.ts';
import { nextInterruption } from '../signals.ts';

/** `triton-local azure up`: runs the control plane until Ctrl+C or `azure down`, or detached until `azure down`. */
export async function up(flags: {
  readonly detach: boolean;
  readonly printEnv: string | undefined;
}): Promise<number> {
  const form = formOf(flags.printEnv);
  const interrupted = nextInterruption();
  await using plane = await joinControlPlane(serviceHost(), flags.detach ? 'detached' : 'terminal');
  await printVariables(plane.origin, form);
  const end = flags.detach ? 'stop it with: triton-local azure down' : 'Ctrl+C stops it';
  notify(`Azure control plane at ${plane.origin} (process ${plane.pid}); ${end}`);
  if (flags.detach) return EXIT.ok;
  const interruption = await Promise.race([interrupted, plane.closed]);
  return interruption?.exitCode ?? EXIT.ok;
}

/** `triton-local azure env`: prints the variables of the control plane that runs. */
export async function env(flags: { readonly printEnv: string | undefined }): Promise<number> {
  const form = formOf(flags.printEnv);
  await printVariables((await running()).scoringUri, form);
  return EXIT.ok;
}

/** `triton-local azure down`: stops the control plane; endpoints keep running. */
export async function down(): Promise<number> {
  const instance = await running();
  await withControl(instance, (control) => control.stop('triton-local azure down'));
  print(`stopped the Azure control plane (process ${instance.pid}); endpoints keep running\n`);
  return EXIT.ok;
}

async function running() {
  const instance = await findControlPlane(homeDirectory());
  if (instance) return instance;
  throw userError('NOT_RUNNING', 'the Azure control plane does not run', {
    hint: 'start it with: triton-local azure up; or run one command with: triton-local exec -- COMMAND',
  });
}

async function printVariables(origin: string, form: EnvironmentForm): Promise<void> {
  const { variables, notices } = await clientVariables(serviceHost(), origin);
  for (const notice of notices) notify(`triton-local: ${notice}`);
  print(printedEnvironment(variables, form));
}

function formOf(asked: string | undefined): EnvironmentForm {
  const form = asked === undefined ? defaultForm() : ENVIRONMENT_FORMS.find((it) => it === asked);
  if (form) return form;
  throw userError(
    'CONFIG_INVALID',
    `--print-env must be one of ${ENVIRONMENT_FORMS.join(', ')}, not "${asked}"`,
  );
}
