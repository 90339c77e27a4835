import path from 'node:path';
import type Docker from 'dockerode';
import { systemError } from '../../../base/index.ts';
import { tarDirectory } from '../archive.ts';
import { MODELS } from './spec.ts';

/** Where a model is copied to first: outside the repository, so that Triton never sees an incomplete one. */
const INCOMING = '/triton-local-incoming';

/** Whether the daemon cannot see our folder, because it runs elsewhere, in a virtual machine or outside our container. */
export function isUnseenFolder(reason: string): boolean {
  return /bind source path does not exist|not shared from the host|mounts denied|statfs .*no such file|error while creating mount source path/i.test(
    reason,
  );
}

/** Copies the whole repository into a container that has not started, for daemons that cannot see our files. */
export async function copyRepository(container: Docker.Container, repository: string): Promise<void> {
  await container.putArchive(tarDirectory(repository, MODELS.slice(1)), { path: '/' });
}

/**
 * Replaces one model in a running container.
 * @throws MODEL_COPY_FAILED
 */
export async function copyModel(
  container: Docker.Container,
  repository: string,
  model: string,
): Promise<void> {
  const source = path.join(repository, model);
  await container.putArchive(tarDirectory(source, `${INCOMING.slice(1)}/${model}`), { path: '/' });
  await runScript(container, model, 'rm -rf -- "$2/$1" && mv -- "$3/$1" "$2/$1"');
}

export async function removeModel(container: Docker.Container, model: string): Promise<void> {
  await runScript(container, model, 'rm -rf -- "$2/$1"');
}

async function runScript(container: Docker.Container, model: string, script: string): Promise<void> {
  const task = await container.exec({
    Cmd: ['sh', '-c', script, 'sh', model, MODELS, INCOMING],
    User: '0',
    AttachStdout: true,
    AttachStderr: true,
  });
  const output = await task.start({});
  output.resume();
  await new Promise((resolve) => output.once('close', resolve));
  const { ExitCode } = await task.inspect();
  if (ExitCode === 0) return;
  throw systemError(
    'MODEL_COPY_FAILED',
    `model '${model}' could not be copied into the container (exit code ${ExitCode})`,
  );
}
