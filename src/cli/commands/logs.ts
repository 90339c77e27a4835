import { entryKind, TritonLocalError } from '../../base/index.ts';
import { homeDirectory, terminalFacts } from '../../config/index.ts';
import { startRenderer } from '../../ui/index.ts';
import type { InstanceRecord } from '../../workspace/index.ts';
import { eventLogOf } from '../event-log-file.ts';
import { EventRelay } from '../event-relay.ts';
import { EXIT } from '../exit-codes.ts';
import { chooseInstance, foldersUpwards, projectFolder, withControl } from '../instances.ts';
import { nextInterruption } from '../signals.ts';

export interface LogsFlags {
  readonly follow: boolean;
  readonly id: string | undefined;
  readonly lines: number | undefined;
  readonly json: boolean;
}

/** `triton-local logs [DIR]`: what an emulator logged; with `--follow` also what it logs from now on, until it ends. */
export async function logs(directory: string | undefined, flags: LogsFlags): Promise<number> {
  let instance: InstanceRecord;
  try {
    instance = await chooseInstance(directory, flags.id);
  } catch (error) {
    const kept = flags.follow ? undefined : await keptLog(directory, flags.id);
    if (kept === undefined || !isNotRunning(error)) throw error;
    await show(new EventRelay(), kept, flags, flags.lines);
    return EXIT.ok;
  }
  return withControl(instance, async (control) => {
    const relay = new EventRelay(control);
    const ended = flags.follow ? Promise.race([control.closed, nextInterruption()]) : undefined;
    await show(relay, instance.eventLog, flags, flags.lines, ended);
    return EXIT.ok;
  });
}

/** The log of the project's last emulator, found as a running one would be. */
async function keptLog(directory: string | undefined, id: string | undefined): Promise<string | undefined> {
  const folders =
    directory === undefined ? foldersUpwards(process.cwd()) : [projectFolder(directory, process.cwd())];
  for (const folder of folders) {
    const file = eventLogOf(homeDirectory(), folder, id ?? null);
    if ((await entryKind(file)) === 'file') return file;
  }
  return undefined;
}

const isNotRunning = (error: unknown) => error instanceof TritonLocalError && error.code === 'NOT_RUNNING';

async function show(
  relay: EventRelay,
  eventLog: string | null,
  flags: LogsFlags,
  lines: number | undefined,
  ended?: Promise<unknown>,
): Promise<void> {
  const renderer = await startRenderer(flags.json ? 'json' : 'plain', {
    control: relay.control,
    stdin: process.stdin,
    stdout: process.stdout,
    color: terminalFacts(process.stdout.isTTY === true).color,
    threshold: 'debug',
  });
  await relay.play(eventLog, { last: lines, follow: ended !== undefined });
  await ended;
  await renderer[Symbol.asyncDispose]();
}
