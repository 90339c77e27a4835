import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import { entryKind, messageOf, userError, withFileLock } from '../base/index.ts';
import type { EventSink } from '../events/index.ts';
import { interpreterIn } from './environment-build.ts';

type Environment = Readonly<Record<string, string>>;

/** An interpreter with the variables that its environment requires. */
export interface OpenedEnvironment {
  readonly interpreter: string;
  readonly environment: Environment;
}

/**
 * The Python of a packed environment (a tar archive, as conda-pack and venv-pack make them), or of a folder that holds
 * an unpacked one. An archive is unpacked once, to `<home>/environments`, and found again by its content.
 * @param environment the variables that the environment's own are added to
 * @throws EXECUTION_ENVIRONMENT if it does not exist, cannot be unpacked, or has no Python; the signal's reason
 */
export async function openPackedEnvironment(
  given: string,
  home: string,
  environment: Environment,
  events: EventSink,
  signal: AbortSignal,
): Promise<OpenedEnvironment> {
  const kind = await entryKind(given);
  if (kind === undefined)
    throw failure(given, 'there is nothing', 'EXECUTION_ENV_PATH names an archive or a folder');
  const directory = kind === 'directory' ? given : await unpack(given, home, events, signal);
  const interpreter = interpreterIn(directory);
  if ((await entryKind(interpreter)) === undefined)
    throw failure(
      given,
      `it has no ${path.relative(directory, interpreter)}`,
      'pack a whole environment, with conda-pack or venv-pack',
    );
  return { interpreter, environment: activated(directory, interpreter, environment) };
}

/** What `bin/activate` does. */
function activated(directory: string, interpreter: string, environment: Environment): Environment {
  const PATH = [path.dirname(interpreter), environment.PATH].filter(Boolean).join(path.delimiter);
  return { ...environment, PATH, VIRTUAL_ENV: directory, CONDA_PREFIX: directory };
}

async function unpack(
  archive: string,
  home: string,
  events: EventSink,
  signal: AbortSignal,
): Promise<string> {
  const directory = path.join(home, 'environments', `packed-${await contentHash(archive)}`);
  if (await entryKind(directory)) return directory;
  const report = (step: string, detail: string) =>
    events.emit({ type: 'environment.progress', environment: path.basename(archive), step, detail });
  const onWait = () => report('wait', 'another triton-local unpacks the same environment');
  await withFileLock(`${directory}.lock`, signal, onWait, async () => {
    if (await entryKind(directory)) return;
    report('unpack', archive);
    const unpacking = `${directory}.${process.pid}.tmp`;
    try {
      await mkdir(unpacking, { recursive: true });
      await execa('tar', ['-xf', archive, '-C', unpacking], { cancelSignal: signal });
      await fixPrefixes(unpacking, directory, signal);
    } catch (error) {
      await rm(unpacking, { recursive: true, force: true, maxRetries: 5 });
      signal.throwIfAborted();
      throw failure(
        archive,
        messageOf(error),
        'it must be a tar archive, packed with conda-pack or venv-pack',
        error,
      );
    }
  });
  return directory;
}

/** Moves it to its place, where conda-pack's own program then writes that place into what names one. */
async function fixPrefixes(unpacking: string, directory: string, signal: AbortSignal): Promise<void> {
  await rename(unpacking, directory);
  const script = path.join(path.dirname(interpreterIn(directory)), 'conda-unpack');
  try {
    if (await entryKind(script)) await execa(interpreterIn(directory), [script], { cancelSignal: signal });
  } catch (error) {
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    throw error;
  }
}

async function contentHash(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex').slice(0, 24);
}

function failure(given: string, why: string, hint: string, cause?: unknown): Error {
  return userError('EXECUTION_ENVIRONMENT', `the execution environment ${given} cannot be used: ${why}`, {
    hint,
    cause,
  });
}
