import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { LineSplitter, systemError } from '../../base/index.ts';
import type { EventSink } from '../../events/index.ts';
import { reasonOf } from './docker-error.ts';
import { tarDirectory } from './tar.ts';

/** The value of `--image` that builds instead of fetching. */
export const SLIM = 'slim';
const DEFAULT_BASE = 'python:3.11-slim-bookworm';

export interface SlimRecipe {
  /** The folder with the Dockerfile: `templates/triton-slim` of the package. */
  readonly directory: string;
  /** Base image; a slim Python one where left out. */
  readonly base?: string | undefined;
}

/** The image that this recipe builds: named by its content, so that a changed recipe is another image. */
export async function slimReference({ directory, base = DEFAULT_BASE }: SlimRecipe): Promise<string> {
  const dockerfile = await readFile(path.join(directory, 'Dockerfile'));
  const hash = createHash('sha256').update(dockerfile).update(`\0${base}`).digest('hex');
  return `triton-local/slim:${hash.slice(0, 12)}`;
}

/**
 * Builds the slim image; each step is told as `environment.progress`.
 * @throws DOCKER_BUILD_FAILED with the last lines of the build; whatever `signal` was aborted with.
 */
export async function buildSlim(
  docker: Docker,
  recipe: SlimRecipe,
  events: EventSink,
  signal: AbortSignal,
): Promise<void> {
  const reference = await slimReference(recipe);
  const lastLines: string[] = [];
  try {
    const stream = (await docker.buildImage(tarDirectory(recipe.directory, '.') as NodeJS.ReadableStream, {
      t: reference,
      buildargs: { BASE: recipe.base ?? DEFAULT_BASE },
      rm: true,
      forcerm: true,
      abortSignal: signal,
    })) as unknown as Readable;
    const output = new LineSplitter((line) => {
      if (line.trim() === '') return;
      if (lastLines.push(line) > 20) lastLines.shift();
      // The classic builder's talk of its intermediate containers.
      if (/^ ---> |^Removing intermediate/.test(line)) return;
      const step = /^Step (\d+\/\d+) : (.*)/.exec(line);
      const [name, detail] = step ? [`step ${step[1]}`, step[2] ?? ''] : ['building', line];
      events.emit({ type: 'environment.progress', environment: 'slim Triton image', step: name, detail });
    });
    await follow(stream, output);
    await docker.getImage(reference).inspect();
  } catch (error) {
    signal.throwIfAborted();
    const words = lastLines.length > 0 ? `\n${lastLines.join('\n')}` : '';
    throw systemError('DOCKER_BUILD_FAILED', `could not build the slim image: ${reasonOf(error)}${words}`, {
      hint: 'it needs the base image, PyPI and Debian packages; check the network of the Docker daemon',
      cause: error,
    });
  }
}

/** Build output comes as JSON lines; `stream` holds text, `error` ends it although the status was 200. */
async function follow(stream: Readable, output: LineSplitter): Promise<void> {
  let failure: string | undefined;
  const messages = new LineSplitter((line) => {
    const message = parse(line);
    if (typeof message.stream === 'string') output.push(Buffer.from(message.stream));
    if (typeof message.error === 'string') failure ??= message.error;
  });
  for await (const chunk of stream) {
    messages.push(chunk as Buffer);
    if (failure !== undefined) break;
  }
  messages.end();
  output.end();
  if (failure !== undefined) throw new Error(failure);
}

function parse(line: string): { readonly stream?: unknown; readonly error?: unknown } {
  try {
    return Object(JSON.parse(line));
  } catch {
    return {};
  }
}
