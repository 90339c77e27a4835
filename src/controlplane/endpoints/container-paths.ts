import type { AzureWorkspace } from '../../workspace/index.ts';

/** The cloud's name for the folder of a deployment's models and code. */
const APP_ROOT = '/var/azureml-app';

/**
 * A text of a deployment with the paths that its user knows: those of the container in the cloud, instead of those of the
 * folder that stands in for it here.
 */
export function withContainerPaths(
  text: string,
  workspace: AzureWorkspace,
  endpoint: string,
  deployment: string,
): string {
  const directory = workspace.serviceDirectory(`endpoints/${endpoint}/${deployment}`);
  const copy = new RegExp(`${escaped(directory)}[\\\\/]\\d+[\\\\/](app\\b|conda\\.yml)`, 'g');
  return text.replace(copy, (_, part: string) => (part === 'app' ? APP_ROOT : part));
}

/** A text with files of the uploaded code named relative to its folder. */
export function withCodePaths(text: string, codeDirectory: string | undefined): string {
  if (codeDirectory === undefined) return text;
  return text.replaceAll(`${codeDirectory}/`, '').replaceAll(`${codeDirectory}\\`, '');
}

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
