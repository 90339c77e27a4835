import { systemError } from '../base/index.ts';
import type { ProjectConfig } from '../config/index.ts';
import { requireConsent, unapprovedInstallation } from '../emulator/index.ts';
import { askYesNo } from '../ui/index.ts';

/**
 * The configuration with the user's agreement to installations. On a terminal, it asks.
 * @throws ANSWER_NEEDED if there is no terminal to ask on; ENGINE_UNAVAILABLE if the answer is no
 */
export async function withConsent(config: ProjectConfig): Promise<ProjectConfig> {
  const installation = unapprovedInstallation(config);
  if (installation === undefined) return config;
  const { stdin, stderr } = process;
  if (!stdin.isTTY || !stderr.isTTY) requireConsent(config);
  if (await askYesNo(`${installation}. Install it?`, stdin, stderr))
    return { ...config, start: { ...config.start, yes: true } };
  throw systemError(
    'ENGINE_UNAVAILABLE',
    'the native engine has no tritonserver, and none was to be installed',
    {
      hint: 'name one with --tritonserver, or use --engine embedded',
    },
  );
}
