import { toTritonLocalError } from '../../base/index.ts';
import { resolveProject, terminalFacts } from '../../config/index.ts';
import { startReporter } from '../../control/index.ts';
import { createEmulator, type RunningEmulator } from '../../emulator/index.ts';
import { selectUi, startRenderer } from '../../ui/index.ts';
import { withConsent } from '../consent.ts';
import { exitCodeOf } from '../error-catalogue.ts';
import { EXIT } from '../exit-codes.ts';
import type { Flags } from '../flags.ts';
import { nextInterruption } from '../signals.ts';
import { packageDirectory } from '../version.ts';

export interface UpFlags {
  readonly detach: boolean;
  readonly eventLog: string | undefined;
  readonly keyFile: string | undefined;
}

/** `triton-local up [DIR]`: everything for one project, until it is asked to end; with `-d` apart from the terminal. */
export async function up(directory: string | undefined, settings: Flags, flags: UpFlags): Promise<number> {
  const resolve = () => resolveProject({ directory: directory ?? '.', flags: settings });
  const config = await withConsent(await resolve());
  if (flags.detach) return (await import('../up-detached.ts')).upDetached(config);
  if (flags.eventLog !== undefined) {
    const files = { eventLog: flags.eventLog, keyFile: flags.keyFile };
    return (await import('../up-detached.ts')).upWithoutTerminal(config, resolve, files, startReporter());
  }

  const { stdin, stdout } = process;
  const facts = terminalFacts(stdout.isTTY === true);
  const mode = selectUi(config.display.ui, {
    stdin,
    stdout,
    ci: facts.ci,
    dumb: facts.dumb || facts.screenReader,
  });
  const emulator = createEmulator({ config, resolve, runtimePaths: [packageDirectory()] });
  const renderer = await startRenderer(mode, {
    control: emulator.control,
    stdin,
    stdout,
    color: facts.color,
    threshold: config.display.logThreshold,
  });

  const starting = new AbortController();
  const asked = nextInterruption(renderer.left.then(({ exitCode }) => ({ reason: 'left', exitCode })));
  let outcome = { reason: 'stopped', exitCode: EXIT.ok as number };
  void asked.then((interruption) => {
    outcome = interruption;
    starting.abort();
  });
  try {
    const running = await startUnlessAborted(() => emulator.start(starting.signal), starting.signal);
    if (running) {
      outcome = await Promise.race([asked, running.stopped]);
    }
  } catch (error) {
    outcome = { reason: 'start failed', exitCode: exitCodeOf(toTritonLocalError(error)) };
    throw error;
  } finally {
    await emulator.end(outcome.reason, outcome.exitCode);
    await renderer[Symbol.asyncDispose]();
  }
  return outcome.exitCode;
}

/** A start that fails because the user asked us to end is no error. */
async function startUnlessAborted(
  start: () => Promise<RunningEmulator>,
  signal: AbortSignal,
): Promise<RunningEmulator | undefined> {
  try {
    return await start();
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}
