import path from 'node:path';
import { entryKind, userError } from '../../base/index.ts';
import { homeDirectory, terminalFacts } from '../../config/index.ts';
import { startRenderer } from '../../ui/index.ts';
import { EventRelay } from '../event-relay.ts';
import { EXIT } from '../exit-codes.ts';
import { chooseInstance, runningInstances, withControl } from '../instances.ts';
import { nextInterruption } from '../signals.ts';
import { eventLogOf } from '../up-detached.ts';

export interface LogsFlags {
  readonly follow: boolean;
  readonly lines: number | undefined;
  readonly json: boolean;
}

/** `triton-local logs [DIR]`: what an emulator told; with `--follow` also what it tells, until it ends. */
export async function logs(directory: string | undefined, flags: LogsFlags): Promise<number> {
  const projectDir = path.resolve(directory ?? '.');
  const kept = eventLogOf(homeDirectory(), projectDir);
  const runs = (await runningInstances()).some((instance) => instance.projectDir === projectDir);
  if (!runs && !flags.follow && (await entryKind(kept)) === 'file') {
    await show(new EventRelay(), kept, flags, flags.lines);
    return EXIT.ok;
  }
  const instance = await chooseInstance(directory);
  if (instance.eventLog === null && !flags.follow) {
    throw userError('LOG_ELSEWHERE', 'this emulator was started in a terminal, and its log is there', {
      hint: 'see what it tells from now on: npx triton-local logs --follow',
    });
  }
  return withControl(instance, async (control) => {
    const relay = new EventRelay(control);
    const ended = flags.follow ? Promise.race([control.closed, nextInterruption()]) : undefined;
    await show(relay, instance.eventLog, flags, flags.lines, ended);
    return EXIT.ok;
  });
}

async function show(
  relay: EventRelay,
  eventLog: string | null,
  flags: LogsFlags,
  lines: number | undefined,
  ended?: Promise<unknown>,
): Promise<void> {
  const renderer = await startRenderer(flags.json ? 'json' : 'plain', {
    control: relay,
    stdin: process.stdin,
    stdout: process.stdout,
    color: terminalFacts(process.stdout.isTTY === true).color,
    threshold: 'debug',
  });
  await relay.play(eventLog, { last: lines, follow: ended !== undefined });
  await ended;
  await renderer[Symbol.asyncDispose]();
}
