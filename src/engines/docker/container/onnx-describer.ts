import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type Docker from 'dockerode';
import { messageOf, within } from '../../../base/index.ts';
import { linkTree } from '../../onnx-as-python/link-tree.ts';
import {
  type OnnxDescriptions,
  type OnnxTeller,
  TELL_LIMIT_MS,
} from '../../onnx-as-python/onnx-interfaces.ts';
import { pythonFile } from '../../onnx-as-python/python-files.ts';
import { reasonOf } from '../daemon/docker-error.ts';
import { tarDirectory } from '../tar.ts';
import { Demultiplexer } from './demultiplexer.ts';
import { isUnseenFolder } from './model-copy.ts';
import { outside } from './served-repository.ts';
import { MODELS, modelsMount } from './spec.ts';

export interface ContainerTellerOptions {
  readonly docker: Docker;
  /** One with Python and onnxruntime. */
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The folder that all files lie in. */
  readonly repository: string;
  /** A folder of ours for what is sent along. */
  readonly workDirectory: string;
  /** Whether the daemon may see the repository; where it does not, the models asked for are copied. */
  readonly mount: boolean;
}

/** Where the program and the names of the files lie inside. */
const TASK = '/triton-local-onnx';
const KEPT_OUTPUT = 2_000;

/** The onnxruntime of an image, asked in a container of its own without a network. */
export function containerTeller(options: ContainerTellerOptions): OnnxTeller {
  let { mount } = options;
  return async (files) => {
    const place = path.join(options.workDirectory, 'onnx-task');
    try {
      await layTask(place, files, options.repository, !mount);
      try {
        return await tell(options, place, mount);
      } catch (error) {
        if (!mount || !isUnseenFolder(reasonOf(error))) throw error;
        mount = false;
        await layTask(place, files, options.repository, true);
        return await tell(options, place, false);
      }
    } catch (error) {
      return { error: `onnxruntime in ${options.image} could not be asked: ${messageOf(error)}` };
    } finally {
      await rm(place, { recursive: true, force: true });
    }
  };
}

/** A folder as the container's root gets it: the program, the names of the files as they are inside, their models. */
async function layTask(place: string, files: readonly string[], repository: string, withModels: boolean) {
  await rm(place, { recursive: true, force: true });
  const task = path.join(place, TASK);
  await mkdir(task, { recursive: true });
  await cp(pythonFile('describe_onnx.py'), path.join(task, 'describe_onnx.py'));
  const relative = files.map((file) =>
    path.relative(path.resolve(repository), file).split(path.sep).join('/'),
  );
  await writeFile(path.join(task, 'files.json'), JSON.stringify(relative.map((file) => `${MODELS}/${file}`)));
  if (!withModels) return;
  for (const model of new Set(relative.map((file) => file.split('/', 1)[0] ?? '')))
    await linkTree(path.join(repository, model), path.join(place, MODELS, model));
}

async function tell(
  { docker, image, labels, repository }: ContainerTellerOptions,
  place: string,
  mount: boolean,
): Promise<OnnxDescriptions | { readonly error: string }> {
  const container = await docker.createContainer({
    Image: image,
    Cmd: ['sh', '-c', `exec python3 ${TASK}/describe_onnx.py <${TASK}/files.json`],
    Labels: { ...labels },
    HostConfig: { NetworkMode: 'none', ...(mount && { Mounts: [modelsMount(repository)] }) },
  });
  try {
    await container.putArchive(tarDirectory(place, '.'), { path: '/' });
    await container.start();
    const ended = container.wait();
    if (!(await within(ended, TELL_LIMIT_MS))) throw new Error(`no answer in ${TELL_LIMIT_MS / 1_000} s`);
    const { StatusCode } = await ended;
    const output = await outputOf(container);
    if (StatusCode === 0)
      return JSON.parse(outside(output.stdout, path.resolve(repository))) as OnnxDescriptions;
    const last = output.stderr.slice(-KEPT_OUTPUT).trim().split('\n').at(-1) ?? '';
    return {
      error: `onnxruntime in ${image} ended with exit code ${StatusCode} on this model${last && `: ${last}`}`,
    };
  } finally {
    await container.remove({ force: true, v: true });
  }
}

async function outputOf(container: Docker.Container): Promise<{ stdout: string; stderr: string }> {
  const parts: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
  const demultiplexer = new Demultiplexer((stream, data) => parts[stream].push(data));
  // Without `follow` the answer is a buffer of frames.
  demultiplexer.push(await container.logs({ stdout: true, stderr: true }));
  return {
    stdout: Buffer.concat(parts.stdout).toString('utf8'),
    stderr: Buffer.concat(parts.stderr).toString('utf8'),
  };
}
