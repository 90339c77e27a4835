import { homedir } from 'node:os';
import path from 'node:path';
import type { ServiceHost } from '../../azureml/index.ts';
import { currentEnvironment } from '../../config/index.ts';
import { type ClientEnvironment, clientEnvironment } from '../../controlplane/index.ts';
import { controlPlaneSecrets, localCertificate } from '../../workspace/index.ts';
import { packageDirectory } from '../version.ts';

/**
 * What a command needs in addition to our environment to deploy to this machine: by `azureml.core`, which Python finds
 * in our folder before an installed one, and by `azure-ai-ml` and azure-cli, which call the control plane.
 * @param origin of the control plane.
 */
export async function clientVariables(
  { home, command }: ServiceHost,
  origin: string,
): Promise<ClientEnvironment> {
  const dist = path.join(packageDirectory(), 'dist');
  const [secrets, certificate] = await Promise.all([controlPlaneSecrets(home), localCertificate(home)]);
  const made = await clientEnvironment({
    variables: currentEnvironment(),
    platform: process.platform,
    home,
    userHome: homedir(),
    origin,
    secrets,
    certificate,
    command,
    pythonFolders: [path.join(dist, 'azureml-sdk'), path.join(dist, 'azure-client')],
  });
  const own = {
    TRITON_LOCAL_HARNESS: path.join(dist, 'harness'),
    TRITON_LOCAL_CLI: JSON.stringify(command),
  };
  return { ...made, variables: { ...made.variables, ...own } };
}
