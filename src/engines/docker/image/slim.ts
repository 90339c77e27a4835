import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type Docker from 'dockerode';
import { LineSplitter, systemError } from '../../../base/index.ts';
import type { EventSink } from '../../../events/index.ts';
import { tarDirectory } from '../archive.ts';
import { reasonOf } from '../daemon/docker-error.ts';

/** The value of `--image` that builds instead of fetching. */
export const SLIM = 'slim';
/** The name under which slim images are built; the tag identifies the recipe. */
export const SLIM_REPOSITORY = 'triton-local/slim';
/** Label of images that lack the ONNX Runtime backend and run ONNX models in the Python backend. */
export const ONNX_LABEL = 'dev.triton-local.onnx';
const DEFAULT_BASE = 'python:3.11-slim-bookworm';
const KEPT_LINES = 20;
/** Docker predefines these build arguments and does not store them in the image. */
const PROXY_VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];

export interface SlimRecipe {
  /** The folder with the Dockerfile: `templates/triton-slim` of the package. */
  readonly directory: string;
  /** An image with Python 3.8 to 3.12 and pip. */
  readonly base: string;
  /** Contains a hash of the recipe, so that a changed recipe is a different image. */
  readonly reference: string;
}

/** The recipe of `--image slim` on this base, by default a slim Python image. */
export async function slimRecipe(base = DEFAULT_BASE): Promise<SlimRecipe> {
  const directory = templateDirectory();
  const dockerfile = await readFile(path.join(directory, 'Dockerfile'));
  const hash = createHash('sha256').update(dockerfile).update(`\0${base}`).digest('hex');
  return { directory, base, reference: `${SLIM_REPOSITORY}:${hash.slice(0, 12)}` };
}

/** Next to `dist` in the package, or next to `src` in the sources. */
function templateDirectory(): string {
  const here = path.dirname(fileURLToPath(import.meta.url));
  const places = ['..', '../..', '../../../..'].map((up) => path.resolve(here, up, 'templates/triton-slim'));
  const found = places.find((place) => existsSync(path.join(place, 'Dockerfile')));
  if (found !== undefined) return found;
  throw systemError('TEMPLATE_MISSING', `templates/triton-slim of triton-local is missing above ${here}`, {
    hint: 'install triton-local again',
  });
}

/**
 * Builds the slim image and emits `environment.progress` for each step.
 * @throws DOCKER_BUILD_FAILED with the last lines of the build, or the reason of `signal`.
 */
export async function buildSlim(
  docker: Docker,
  { directory, base, reference }: SlimRecipe,
  environment: Readonly<Record<string, string>>,
  events: EventSink,
  signal: AbortSignal,
): Promise<void> {
  const lastLines: string[] = [];
  try {
    const proxies = PROXY_VARIABLES.flatMap((name) => (environment[name] ? [[name, environment[name]]] : []));
    const stream = (await docker.buildImage(tarDirectory(directory, '.') as NodeJS.ReadableStream, {
      t: reference,
      buildargs: { ...Object.fromEntries(proxies), BASE: base },
      rm: true,
      forcerm: true,
      abortSignal: signal,
    })) as unknown as Readable;
    const output = new LineSplitter((line) => {
      if (line.trim() === '') return;
      if (lastLines.push(line) > KEPT_LINES) lastLines.shift();
      // Messages of the classic builder about its intermediate containers.
      if (/^ ---> |^Removing intermediate/.test(line)) return;
      const step = /^Step (\d+\/\d+) : (.*)/.exec(line);
      const [name, detail] = step ? [`step ${step[1]}`, step[2] ?? ''] : ['building', line];
      events.emit({ type: 'environment.progress', environment: 'slim Triton image', step: name, detail });
    });
    await follow(stream, output);
    await docker.getImage(reference).inspect();
  } catch (error) {
    signal.throwIfAborted();
    const tail = lastLines.length > 0 ? `\n${lastLines.join('\n')}` : '';
    throw systemError('DOCKER_BUILD_FAILED', `could not build the slim image: ${reasonOf(error)}${tail}`, {
      hint: `the build needs the base image ${base} (choose another with --slim-base) and PyPI: check the network of the Docker daemon`,
      cause: error,
    });
  }
}

/** Build output is JSON lines: `stream` has text, and `error` means failure although the status was 200. */
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
