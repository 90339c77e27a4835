import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { LineSplitter, systemError, type TritonLocalError } from '../../../base/index.ts';
import type { EventSink } from '../../../events/index.ts';
import { reasonOf } from '../daemon/docker-error.ts';
import { type PullMessage, PullProgress } from './pull-progress.ts';
import { registryAuth } from './registry-auth.ts';

export interface PullOptions {
  readonly docker: Docker;
  readonly reference: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly homeDirectory: string;
  readonly events: EventSink;
}

const PROGRESS_EVERY_MS = 200;
/** A pull that receives nothing for this long fails. */
const SILENCE_LIMIT_MS = 180_000;

/**
 * Fetches an image and emits `engine.pull.progress`. An error in the stream ends the pull at once; fetched layers stay
 * with the daemon, so that the next pull continues from there.
 * @throws DOCKER_PULL_FAILED, or the reason of `signal`.
 */
export async function pullImage(options: PullOptions, signal: AbortSignal): Promise<void> {
  const { docker, reference, environment, homeDirectory, events } = options;
  const warn = (text: string) =>
    events.emit({ type: 'log.line', source: 'emulator', level: 'warning', text });
  const authconfig = await registryAuth(reference, environment, homeDirectory, warn);
  const progress = new PullProgress();
  const emitProgress = () => {
    const { extracting, ...facts } = progress.facts(performance.now());
    events.emit({
      type: 'engine.pull.progress',
      image: reference,
      ...facts,
      etaSeconds: extracting ? null : facts.etaSeconds,
    });
  };
  const timer = setInterval(emitProgress, PROGRESS_EVERY_MS);
  try {
    emitProgress();
    const stream = await openPull(docker, reference, authconfig, signal);
    await follow(stream, progress, signal);
    emitProgress();
    // The end of the stream without an error does not prove success.
    await docker.getImage(reference).inspect();
  } catch (error) {
    signal.throwIfAborted();
    throw pullFailed(reference, reasonOf(error), error);
  } finally {
    clearInterval(timer);
  }
}

function openPull(
  docker: Docker,
  reference: string,
  authconfig: unknown,
  signal: AbortSignal,
): Promise<Readable> {
  const isDigest = reference.includes('@');
  const named = reference.slice(reference.lastIndexOf('/') + 1).includes(':');
  // Without a tag, the API would fetch every tag.
  const full = isDigest || named ? reference : `${reference}:latest`;
  const options = { abortSignal: signal, ...(authconfig ? { authconfig } : {}) };
  return docker.pull(full, options) as unknown as Promise<Readable>;
}

function follow(stream: Readable, progress: PullProgress, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let silence: NodeJS.Timeout;
    const settle = (error?: Error) => {
      clearTimeout(silence);
      signal.removeEventListener('abort', onAbort);
      stream.destroy();
      if (error) reject(error);
      else resolve();
    };
    const onAbort = () => settle(new Error('the pull was cancelled'));
    const listen = () => {
      silence = setTimeout(
        () => settle(new Error(`nothing arrived for ${SILENCE_LIMIT_MS / 1_000} s`)),
        SILENCE_LIMIT_MS,
      );
    };
    const splitter = new LineSplitter((line) => {
      const message = parse(line);
      const error = message && progress.push(message);
      if (error !== undefined) settle(new Error(error));
    });
    listen();
    signal.addEventListener('abort', onAbort, { once: true });
    stream.on('data', (chunk: Buffer) => {
      clearTimeout(silence);
      listen();
      splitter.push(chunk);
    });
    stream.once('end', () => {
      splitter.end();
      settle();
    });
    stream.on('error', (error) => settle(error));
  });
}

function parse(line: string): PullMessage | undefined {
  try {
    const message: unknown = JSON.parse(line);
    return typeof message === 'object' && message !== null ? message : undefined;
  } catch {
    return undefined;
  }
}

function pullFailed(reference: string, reason: string, cause: unknown): TritonLocalError {
  return systemError('DOCKER_PULL_FAILED', `could not get the image ${reference}: ${reason}`, {
    hint: pullHint(reference, reason),
    cause,
  });
}

function pullHint(reference: string, reason: string): string {
  if (/unauthorized|denied|authentication required|403|401/i.test(reason))
    return `log in first with: docker login ${reference.split('/')[0]}`;
  if (/no space left/i.test(reason))
    return 'free space on the disk of Docker: docker system df, docker image prune';
  if (/manifest unknown|not found/i.test(reason)) return 'check the name and the tag';
  if (/no matching manifest/i.test(reason)) return 'the image does not exist for this kind of processor';
  return 'check the network and try again: the layers fetched so far are kept';
}
