import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomic, writeFileOnce } from '../../base/index.ts';
import { LOCAL_SUBSCRIPTION, LOCAL_TENANT } from '../../workspace/index.ts';
import { CLOUD_NAME } from '../identity/cloud-metadata.ts';

/**
 * Writes a program `az` that runs ours with `az` and its arguments, and returns its folder. `AzureCliCredential` calls it
 * for tokens, and notebooks call it with `!az`.
 */
export async function writeAzShim(
  directory: string,
  home: string,
  command: readonly string[],
  platform: NodeJS.Platform,
): Promise<string> {
  const folder = path.join(directory, 'bin');
  if (platform === 'win32') await writeIfChanged(path.join(folder, 'az.cmd'), batchFile(home, command));
  else await writeIfChanged(path.join(folder, 'az'), shellScript(home, command));
  return folder;
}

/**
 * Writes the configuration of a real azure-cli that is logged in to the local cloud, and returns its folder. What the
 * user changes there by `az` is kept.
 */
export async function writeAzProfile(directory: string): Promise<string> {
  const folder = path.join(directory, 'cli');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const subscription = {
    id: LOCAL_SUBSCRIPTION,
    name: 'triton-local',
    state: 'Enabled',
    user: { name: 'systemAssignedIdentity', type: 'servicePrincipal', assignedIdentityInfo: 'MSI' },
    isDefault: true,
    tenantId: LOCAL_TENANT,
    environmentName: CLOUD_NAME,
    homeTenantId: LOCAL_TENANT,
    managedByTenants: [],
  };
  const profile = { installationId: LOCAL_SUBSCRIPTION, subscriptions: [subscription] };
  await writeFileOnce(path.join(folder, 'azureProfile.json'), `${JSON.stringify(profile)}\n`, 0o600);
  await writeFileOnce(path.join(folder, 'config'), `[cloud]\nname = ${CLOUD_NAME}\n`, 0o600);
  return folder;
}

function shellScript(home: string, command: readonly string[]): string {
  const words = [...command, 'az', '--'].map(quoted).join(' ');
  return `#!/bin/sh\nTRITON_LOCAL_HOME=${quoted(home)} exec ${words} "$@"\n`;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function batchFile(home: string, command: readonly string[]): string {
  const escaped = (word: string) => word.replaceAll('%', '%%');
  const words = [...command, 'az', '--'].map((word) => `"${escaped(word)}"`).join(' ');
  return `@echo off\r\nsetlocal\r\nset "TRITON_LOCAL_HOME=${escaped(home)}"\r\n${words} %*\r\n`;
}

async function writeIfChanged(file: string, content: string): Promise<void> {
  const before = await readFile(file, 'utf8').catch(() => undefined);
  if (before !== content) await writeFileAtomic(file, content, 0o700);
}
