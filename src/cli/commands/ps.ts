import { existsSync } from 'node:fs';
import { formatTable } from '../../ui/index.ts';
import { type AzureState, AzureWorkspace, type InstanceRecord } from '../../workspace/index.ts';
import { workspaceFile } from '../azure/flags.ts';
import { EXIT } from '../exit-codes.ts';
import { idOf, runningInstances } from '../instances.ts';
import { print } from '../print.ts';

/**
 * `triton-local ps`: lists the running emulators, endpoints and the control plane, one per row, and the operations of the
 * control plane in progress.
 */
export async function ps(flags: { readonly json: boolean }): Promise<number> {
  const running = await runningInstances();
  if (flags.json) {
    print(`${JSON.stringify(running, null, 2)}\n`);
  } else if (running.length === 0) {
    print('no emulator is running\n');
  } else {
    print(instanceTable(running));
    const file = workspaceFile();
    if (existsSync(file)) print(operationTable(await (await AzureWorkspace.open(file)).read()));
  }
  return EXIT.ok;
}

function instanceTable(running: readonly InstanceRecord[]): string {
  const rows = running.map((it) => [
    idOf(it),
    String(it.pid),
    it.scoringUri,
    it.httpUrl || '-',
    it.startedAt,
    it.projectDir,
    it.kind,
  ]);
  return `${formatTable([['ID', 'PID', 'SCORING', 'TRITON', 'STARTED', 'PROJECT', 'KIND'], ...rows])}\n`;
}

/** Empty if no operation is in progress. */
export function operationTable({ operations }: Pick<AzureState, 'operations'>): string {
  const rows = operations
    .filter(({ status }) => status === 'InProgress')
    .map(({ kind, resource, startTime }) => [kind, resource, startTime]);
  return rows.length === 0 ? '' : `\n${formatTable([['OPERATION', 'RESOURCE', 'STARTED'], ...rows])}\n`;
}
