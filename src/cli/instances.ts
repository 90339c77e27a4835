import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { TritonLocalError, userError } from '../base/index.ts';
import { homeDirectory, PROJECT_FILE } from '../config/index.ts';
import { connectControl } from '../control/index.ts';
import { type InstanceRecord, openWorkspace } from '../workspace/index.ts';

/** Which emulator a command is for. */
export interface InstanceChoice {
  /** The project's folder as the user wrote it; undefined for the project of the working directory. */
  readonly directory: string | undefined;
  /** `--id`: the name given with `up --id`, or the id that `ps` shows. */
  readonly id: string | undefined;
}

/** The running emulators of this user. */
export async function runningInstances(): Promise<readonly InstanceRecord[]> {
  const workspace = await openWorkspace(homeDirectory());
  return workspace.list();
}

/** The emulator that a command's folder and `--id` select. @throws as `selectInstance` */
export async function chooseInstance(
  directory: string | undefined,
  id: string | undefined,
): Promise<InstanceRecord> {
  return selectInstance(await runningInstances(), { directory, id }, process.cwd());
}

/**
 * The selected emulator: the one of the given folder, or otherwise of the nearest project at or above the working
 * directory. One of another project is selected only by its folder or id.
 * @throws NOT_RUNNING with what runs elsewhere, or SEVERAL_RUNNING with the ids to choose from.
 */
export function selectInstance(
  running: readonly InstanceRecord[],
  { directory, id }: InstanceChoice,
  workingDirectory: string,
): InstanceRecord {
  const here = directory === undefined ? workingDirectory : projectFolder(directory, workingDirectory);
  const ofProject =
    directory === undefined
      ? ofNearestProject(running, workingDirectory)
      : running.filter((instance) => isSameFolder(instance.projectDir, here));
  const fitting =
    id === undefined ? ofProject : withId(ofProject, directory === undefined ? running : [], id);
  const [only, ...others] = fitting;
  if (!only) throw notRunning(running, here, id);
  if (others.length > 0) {
    throw userError('SEVERAL_RUNNING', `${fitting.length} emulators run for ${only.projectDir}`, {
      hint: `choose one with --id: ${fitting.map((it) => `${idOf(it)} (${it.scoringUri})`).join(', ')}`,
    });
  }
  return only;
}

/** The `--id` that selects an emulator: its name if it has one. */
export function idOf({ name, id }: InstanceRecord): string {
  return name ?? id;
}

/** A project's folder, which users may also give as the `.onnx` file that `up` accepts. */
export function projectFolder(directory: string, workingDirectory: string): string {
  const target = path.resolve(workingDirectory, directory);
  return target.endsWith('.onnx') ? path.dirname(target) : target;
}

/** A folder and its ancestors, up to the first with a project file. */
export function* foldersUpwards(folder: string): Generator<string> {
  for (let current = folder; ; current = path.dirname(current)) {
    yield current;
    if (current === path.dirname(current) || existsSync(path.join(current, PROJECT_FILE))) return;
  }
}

/** A folder with links resolved and its name as on disk; unchanged if it does not exist. */
export function realFolder(folder: string): string {
  try {
    return realpathSync.native(folder);
  } catch {
    return folder;
  }
}

function ofNearestProject(running: readonly InstanceRecord[], folder: string): readonly InstanceRecord[] {
  for (const current of foldersUpwards(folder)) {
    const found = running.filter((instance) => isSameFolder(instance.projectDir, current));
    if (found.length > 0) return found;
  }
  return [];
}

/** Names apply to their project first; the ids that `ps` shows, and unique names, apply everywhere. */
function withId(
  ofProject: readonly InstanceRecord[],
  all: readonly InstanceRecord[],
  id: string,
): readonly InstanceRecord[] {
  const here = ofProject.filter((it) => it.name === id || it.id === id);
  return here.length > 0 ? here : all.filter((it) => it.name === id || it.id === id);
}

function isSameFolder(one: string, other: string): boolean {
  return one === other || realFolder(one) === realFolder(other);
}

function notRunning(running: readonly InstanceRecord[], folder: string, id: string | undefined): Error {
  const which = id === undefined ? '' : ` with the id "${id}"`;
  const elsewhere = running.map((it) => `${it.projectDir} (--id ${idOf(it)})`).join(', ');
  return userError('NOT_RUNNING', `no emulator${which} runs for ${folder}`, {
    hint:
      running.length === 0
        ? 'start one with: npx triton-local up'
        : `start one with: npx triton-local up; or name one that runs elsewhere: ${elsewhere}`,
  });
}

/** Connects to an emulator's control socket, runs `task`, and disconnects. */
export async function withControl<Result>(
  instance: InstanceRecord,
  task: (control: Awaited<ReturnType<typeof connectControl>>) => Promise<Result>,
): Promise<Result> {
  const control = await connectControl(instance.controlSocket).catch((cause: unknown) => {
    throw new TritonLocalError('NOT_RUNNING', 'system', `process ${instance.pid} does not answer`, {
      hint: 'it may be stopping; try again, or end the process',
      cause,
    });
  });
  try {
    return await task(control);
  } finally {
    await control[Symbol.asyncDispose]();
  }
}
