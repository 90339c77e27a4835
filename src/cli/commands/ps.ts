import { formatTable } from '../../ui/index.ts';
import { EXIT } from '../exit-codes.ts';
import { idOf, runningInstances } from '../instances.ts';
import { print } from '../print.ts';

/** `triton-local ps`: lists the running emulators, endpoints and the control plane, one per row. */
export async function ps(flags: { readonly json: boolean }): Promise<number> {
  const running = await runningInstances();
  if (flags.json) {
    print(`${JSON.stringify(running, null, 2)}\n`);
  } else if (running.length === 0) {
    print('no emulator is running\n');
  } else {
    const rows = running.map((it) => [
      idOf(it),
      String(it.pid),
      it.scoringUri,
      it.httpUrl || '-',
      it.startedAt,
      it.projectDir,
      it.kind,
    ]);
    print(`${formatTable([['ID', 'PID', 'SCORING', 'TRITON', 'STARTED', 'PROJECT', 'KIND'], ...rows])}\n`);
  }
  return EXIT.ok;
}
