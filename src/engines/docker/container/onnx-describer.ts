import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type Docker from 'dockerode';
import { messageOf, within } from '../../../base/index.ts';
import { linkTree } from '../../onnx-as-python/link-tree.ts';
import {
  DESCRIBE_LIMIT_MS,
  type OnnxDescriber,
  type OnnxDescriptions,
} from '../../onnx-as-python/onnx-interfaces.ts';
import { pythonFile } from '../../onnx-as-python/python-files.ts';
import { tarDirectory } from '../archive.ts';
import { reasonOf } from '../daemon/docker-error.ts';
import { Demultiplexer } from './demultiplexer.ts';
import { isUnseenFolder } from './model-copy.ts';
import { outside } from './served-repository.ts';
import { MODELS, modelsMount } from './spec.ts';

export interface ContainerDescriberOptions {
  readonly docker: Docker;
  /** An image with Python and onnxruntime. */
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The folder that contains all the files. */
  readonly repository: string;
  /** A folder of ours for what is copied into the container. */
  readonly workDirectory: string;
  /** Whether to try mounting the repository; if the daemon cannot see it, the models are copied instead. */
  readonly mount: boolean;
}

/** Where the program and the list of files are inside the container. */
const TASK = '/triton-local-onnx';
const KEPT_OUTPUT = 2_000;

/** Uses the onnxruntime of an image, in a separate container without a network. */
export function describeOnnxInContainer(options: ContainerDescriberOptions): OnnxDescriber {
  let { mount } = options;
  return async (files) => {
    const place = path.join(options.workDirectory, 'onnx-task');
    try {
      await writeTask(place, files, options.repository, !mount);
      try {
        return await describe(options, place, mount);
      } catch (error) {
        if (!mount || !isUnseenFolder(reasonOf(error))) throw error;
        mount = false;
        await writeTask(place, files, options.repository, true);
        return await describe(options, place, false);
      }
    } catch (error) {
      return { error: `onnxruntime in ${options.image} could not be run: ${messageOf(error)}` };
    } finally {
      await rm(place, { recursive: true, force: true });
    }
  };
}

/** Writes what is copied to the container's root: the program, the files' names inside, and, if not mounted, their models. */
async function writeTask(place: string, files: readonly string[], repository: string, withModels: boolean) {
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

async function describe(
  { docker, image, labels, repository }: ContainerDescriberOptions,
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
    if (!(await within(ended, DESCRIBE_LIMIT_MS)))
      throw new Error(`no answer in ${DESCRIBE_LIMIT_MS / 1_000} s`);
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
  // Without `follow`, the response is one buffer of frames.
  demultiplexer.push(await container.logs({ stdout: true, stderr: true }));
  return {
    stdout: Buffer.concat(parts.stdout).toString('utf8'),
    stderr: Buffer.concat(parts.stderr).toString('utf8'),
  };
}
