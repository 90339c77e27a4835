import type { ServiceHost } from '../../azureml/index.ts';
import { toTritonLocalError, userError } from '../../base/index.ts';
import { currentEnvironment } from '../../config/index.ts';
import { type JoinedControlPlane, joinControlPlane } from '../../controlplane/index.ts';
import { clientVariables } from '../azure/client-variables.ts';
import { serviceHost } from '../azure/deploy-flags.ts';
import { notify } from '../azure/output.ts';
import { runCommand } from '../run-command.ts';

/** Nothing listens at the discard port: clients of Azure then fail, and reach nothing else. */
const NO_CONTROL_PLANE = 'https://127.0.0.1:9';

/**
 * `triton-local exec -- CMD`: runs a command whose Azure clients deploy to this machine. The control plane runs at least
 * as long as the command. Ends with the command's status.
 */
export async function exec(command: readonly string[]): Promise<number> {
  const [program, ...args] = command;
  if (program === undefined)
    throw userError('CONFIG_INVALID', 'give a command, as in: exec -- python deploy.py');
  await using plane = await join(serviceHost());
  const { variables, notices } = await clientVariables(serviceHost(), plane?.origin ?? NO_CONTROL_PLANE);
  for (const notice of notices) notify(`triton-local: ${notice}`);
  let hasEnded = false;
  void plane?.closed.then(() => {
    if (!hasEnded) notify('triton-local: the Azure control plane has ended; run the command again');
  });
  try {
    return await runCommand(program, args, { env: { ...currentEnvironment(), ...variables } });
  } finally {
    hasEnded = true;
  }
}

/** Undefined if there is none: `azureml.core` and any other command still work. */
async function join(host: ServiceHost): Promise<JoinedControlPlane | undefined> {
  try {
    return await joinControlPlane(host, 'command');
  } catch (thrown) {
    const error = toTritonLocalError(thrown);
    // Without a state folder, there is no place for the certificates and variables either.
    if (error.code === 'WORKSPACE_UNUSABLE') throw error;
    notify(`triton-local: azure-ai-ml cannot be used: ${error.message}`);
    return undefined;
  }
}
