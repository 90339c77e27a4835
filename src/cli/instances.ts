import path from 'node:path';
import { TritonLocalError, userError } from '../base/index.ts';
import { homeDirectory } from '../config/index.ts';
import { connectControl } from '../control/index.ts';
import { type InstanceRecord, openWorkspace } from '../workspace/index.ts';

/** The running emulators of this user. */
export async function runningInstances(): Promise<readonly InstanceRecord[]> {
  const workspace = await openWorkspace(homeDirectory());
  return workspace.list();
}

/**
 * The one that is meant: the project's own where a folder is given, else the only one that runs.
 * @throws NOT_RUNNING, or SEVERAL_RUNNING with a list to choose from.
 */
export async function chooseInstance(directory: string | undefined): Promise<InstanceRecord> {
  const running = await runningInstances();
  const projectDir = directory === undefined ? undefined : path.resolve(directory);
  const fitting = projectDir ? running.filter((instance) => instance.projectDir === projectDir) : running;
  const [first, ...others] = fitting;
  if (!first) {
    throw userError('NOT_RUNNING', `no emulator runs${projectDir ? ` for ${projectDir}` : ''}`, {
      hint: 'start one with: npx triton-local up',
    });
  }
  if (others.length > 0) {
    throw userError('SEVERAL_RUNNING', `${fitting.length} emulators run`, {
      hint: `name one by its folder: ${fitting.map((instance) => instance.projectDir).join(', ')}`,
    });
  }
  return first;
}

/** Connects to an emulator's control socket, asks `task` of it, and hangs up. */
export async function withControl<Result>(
  instance: InstanceRecord,
  task: (control: Awaited<ReturnType<typeof connectControl>>) => Promise<Result>,
): Promise<Result> {
  const control = await connectControl(instance.controlSocket).catch((cause: unknown) => {
    throw new TritonLocalError('NOT_RUNNING', 'system', `process ${instance.pid} does not answer`, {
      hint: 'it may be ending; try again, or end the process',
      cause,
    });
  });
  try {
    return await task(control);
  } finally {
    await control[Symbol.asyncDispose]();
  }
}
