import { homeDirectory } from '../../config/index.ts';
import { startReporter } from '../../control/index.ts';
import { runEndpoint } from '../../proxy/index.ts';
import { AzureWorkspace } from '../../workspace/index.ts';
import { EXIT } from '../exit-codes.ts';
import { nextInterruption } from '../signals.ts';

/** What `online-endpoint create` starts apart from itself: the proxy of one endpoint, until it is asked to end. */
export async function endpointDoor(
  name: string,
  workspaceFile: string,
  flags: { readonly port: string | undefined },
): Promise<number> {
  const reporter = startReporter();
  const asked = nextInterruption(reporter?.abandoned.then((reason) => ({ reason, exitCode: EXIT.failed })));
  try {
    const workspace = await AzureWorkspace.open(workspaceFile);
    const port = flags.port === undefined ? undefined : Number(flags.port);
    const proxy = await runEndpoint(workspace, homeDirectory(), name, port);
    const uri = `http://localhost:${proxy.port}`;
    reporter?.started({ pid: process.pid, scoringUri: uri, httpUrl: uri, key: undefined, ready: true });
    const interruption = await Promise.race([asked, proxy.stopped]);
    await proxy.stop('asked to');
    return interruption?.exitCode ?? EXIT.ok;
  } catch (error) {
    if (!reporter) throw error;
    reporter.failed(error);
    return EXIT.failed;
  }
}
