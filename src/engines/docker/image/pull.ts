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

const TELL_EVERY_MS = 200;
/** A registry that sends nothing for this long is given up. */
const SILENCE_LIMIT_MS = 180_000;

/**
 * Fetches an image and tells of it as `engine.pull.progress`. An error within the stream ends it at once; the layers
 * that were fetched stay with the daemon, so that the next pull goes on from there.
 * @throws DOCKER_PULL_FAILED; whatever `signal` was aborted with.
 */
export async function pullImage(options: PullOptions, signal: AbortSignal): Promise<void> {
  const { docker, reference, environment, homeDirectory, events } = options;
  const warn = (text: string) =>
    events.emit({ type: 'log.line', source: 'emulator', level: 'warning', text });
  const authconfig = await registryAuth(reference, environment, homeDirectory, warn);
  const progress = new PullProgress();
  const tell = () => {
    const { extracting, ...facts } = progress.facts(performance.now());
    events.emit({
      type: 'engine.pull.progress',
      image: reference,
      ...facts,
      etaSeconds: extracting ? null : facts.etaSeconds,
    });
  };
  const timer = setInterval(tell, TELL_EVERY_MS);
  try {
    tell();
    const stream = await openPull(docker, reference, authconfig, signal);
    await follow(stream, progress, signal);
    tell();
    // A stream that ends without an error line is no proof yet.
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
  // Without a tag the API would fetch every tag there is.
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
    const onAbort = () => settle(new Error('it was cancelled'));
    const listen = () => {
      silence = setTimeout(
        () => settle(new Error(`nothing was sent for ${SILENCE_LIMIT_MS / 1_000} s`)),
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
    return 'free space where Docker keeps its images: docker system df, docker image prune';
  if (/manifest unknown|not found/i.test(reason)) return 'check the name and the tag';
  if (/no matching manifest/i.test(reason)) return 'the image does not exist for this kind of processor';
  return 'check the network and try again: what was fetched is kept';
}
