import { shellWord, userError } from '../base/index.ts';
import type { ProjectConfig } from '../config/index.ts';
import { missingInstallation } from '../engines/index.ts';

/**
 * Describes what a start would install without the user's agreement; undefined if nothing. A setting that implies the
 * installation, such as `--engine docker` for the pull of its image, counts as agreement.
 */
export function unapprovedInstallation(config: ProjectConfig): string | undefined {
  return unapproved(config)?.text;
}

/** @throws ANSWER_NEEDED if something must be installed and the user has not agreed */
export function requireConsent(config: ProjectConfig): void {
  const installation = unapproved(config);
  if (!installation) return;
  const { text, alternative } = installation;
  throw userError('ANSWER_NEEDED', text, {
    hint: `agree with --yes: triton-local up ${shellWord(config.projectDir)} --engine ${config.engine.choice} --yes; or ${alternative}`,
  });
}

function unapproved(config: ProjectConfig) {
  if (config.start.yes) return undefined;
  const installation = missingInstallation({ ...config, platform: process.platform });
  if (!installation) return undefined;
  const { missing, package: software, alternative } = installation;
  return { text: `${missing}: ${software}, has to be installed into ${config.home}`, alternative };
}
