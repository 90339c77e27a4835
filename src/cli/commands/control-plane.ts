import { startReporter } from '../../control/index.ts';
import { runControlPlane } from '../../controlplane/index.ts';
import { serviceHost } from '../azure/deploy-flags.ts';
import { AzureFlags } from '../azure/flags.ts';
import { EXIT } from '../exit-codes.ts';
import { nextInterruption } from '../signals.ts';

/** Runs the control plane, which `exec` and `azure up` start as a process of its own, until it is stopped. */
export async function controlPlane(): Promise<number> {
  const reporter = startReporter();
  const interrupted = nextInterruption(
    reporter?.abandoned.then((reason) => ({ reason, exitCode: EXIT.failed })),
  );
  try {
    const host = serviceHost();
    const plane = await runControlPlane(await new AzureFlags({}).openWorkspace(), host);
    const { origin } = plane;
    reporter?.started({ pid: process.pid, scoringUri: origin, httpUrl: origin, key: undefined, ready: true });
    const interruption = await Promise.race([interrupted, plane.stopped]);
    await plane.stop('asked to');
    return interruption?.exitCode ?? EXIT.ok;
  } catch (error) {
    if (!reporter) throw error;
    reporter.failed(error);
    return EXIT.failed;
  }
}
