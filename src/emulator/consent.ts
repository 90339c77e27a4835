import { userError } from '../base/index.ts';
import type { ProjectConfig } from '../config/index.ts';
import { lacksTriton, MANAGED_TRITON } from '../engines/index.ts';

/**
 * What a start would install that the user has not agreed to yet, for people; undefined where there is nothing. What
 * the choice of an engine says plainly, such as the pull of an image by `--engine docker`, is agreed to.
 */
export function unapprovedInstallation(config: ProjectConfig): string | undefined {
  const { home } = config;
  if (config.start.yes || !lacksTriton(config)) return undefined;
  return `the native engine has no tritonserver: ${MANAGED_TRITON}, has to be installed into ${home}`;
}

/** @throws ANSWER_NEEDED where something has to be installed that nobody has agreed to */
export function requireConsent(config: ProjectConfig): void {
  const installation = unapprovedInstallation(config);
  if (installation === undefined) return;
  throw userError('ANSWER_NEEDED', installation, {
    hint: `agree with --yes: triton-local up ${config.projectDir} --engine native --yes; or name a server with --tritonserver`,
  });
}
