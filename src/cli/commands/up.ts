import { toTritonLocalError } from '../../base/index.ts';
import { type ProjectConfig, resolveProject, terminalFacts } from '../../config/index.ts';
import { startReporter } from '../../control/index.ts';
import { createEmulator, type Emulator, type RunningEmulator } from '../../emulator/index.ts';
import { EventLog } from '../../events/index.ts';
import { selectUi, startRenderer } from '../../ui/index.ts';
import { openWorkspace } from '../../workspace/index.ts';
import { withConsent } from '../consent.ts';
import { exitCodeOf } from '../error-catalogue.ts';
import { eventLogOf } from '../event-log-file.ts';
import { EXIT } from '../exit-codes.ts';
import type { Flags } from '../flags.ts';
import { realFolder } from '../instances.ts';
import { print } from '../print.ts';
import { secretsOf, withSecrets } from '../secret-flags.ts';
import { type Interruption, nextInterruption } from '../signals.ts';
import { packageDirectory } from '../version.ts';

export interface UpFlags {
  readonly detach: boolean;
  readonly id: string | undefined;
  readonly eventLog: string | undefined;
  readonly keyFile: string | undefined;
  readonly settingsStdin: boolean;
}

type Resolve = () => Promise<ProjectConfig>;

/** `triton-local up [DIR]`: runs everything for one project until it is asked to stop; with `-d`, in the background. */
export async function up(directory: string | undefined, given: Flags, flags: UpFlags): Promise<number> {
  const settings = flags.settingsStdin ? await withSecrets(given, process.stdin) : given;
  const resolve = () => resolveProject({ directory: directory ?? '.', flags: settings });
  const name = flags.id ?? null;
  if (flags.eventLog !== undefined) {
    const { eventLog, keyFile } = flags;
    const { upUnattended } = await import('../up-detached.ts');
    return upUnattended(resolve, { name, eventLog, keyFile }, startReporter());
  }
  const resolved = await resolve();
  const workspace = await openWorkspace(resolved.home);
  // Checked before any question, write or start; the start itself claims it again.
  await workspace.requireUnclaimed({ projectDir: realFolder(resolved.projectDir), name });
  const config = await withConsent(resolved);
  if (flags.detach) return (await import('../up-detached.ts')).upDetached(config, name, secretsOf(settings));
  return upInTerminal(config, resolve, name);
}

async function upInTerminal(config: ProjectConfig, resolve: Resolve, name: string | null): Promise<number> {
  let leave: (interruption: Interruption) => void = () => undefined;
  const asked = nextInterruption(new Promise<Interruption>((left) => (leave = left)));
  const workspace = await openWorkspace(config.home);
  const instance = await workspace.createInstance({ projectDir: realFolder(config.projectDir), name });
  const eventLog = eventLogOf(config.home, config.projectDir, name);
  const emulator = createEmulator({
    config,
    resolve,
    runtimePaths: [packageDirectory()],
    instance,
    eventLog,
  });

  const { stdin, stdout } = process;
  const facts = terminalFacts(stdout.isTTY === true);
  const mode = selectUi(config.display.ui, {
    stdin,
    stdout,
    ci: facts.ci,
    dumb: facts.dumb || facts.screenReader,
  });
  const rendering = {
    control: emulator.control,
    stdin,
    stdout,
    color: facts.color,
    threshold: config.display.logThreshold,
  };
  try {
    using _log = new EventLog(eventLog, emulator.control);
    await using renderer = await startRenderer(mode, rendering);
    void renderer.left.then(({ exitCode }) => leave({ reason: 'left', exitCode }));
    return await serve(emulator, asked);
  } finally {
    // If the log or the screen could not start, nothing else has, but the folder exists.
    await emulator.end('start failed', EXIT.failed);
    if (mode !== 'json') print(`log      ${eventLog}\n`);
  }
}

/** Starts the emulator and serves until it is asked to stop; returns the exit status. */
async function serve(emulator: Emulator, asked: Promise<Interruption>): Promise<number> {
  const starting = new AbortController();
  let outcome = { reason: 'stopped', exitCode: EXIT.ok as number };
  void asked.then((interruption) => {
    outcome = interruption;
    starting.abort();
  });
  try {
    const running = await startUnlessAborted(() => emulator.start(starting.signal), starting.signal);
    if (running) outcome = await Promise.race([asked, running.stopped]);
  } catch (error) {
    outcome = { reason: 'start failed', exitCode: exitCodeOf(toTritonLocalError(error)) };
    throw error;
  } finally {
    await emulator.end(outcome.reason, outcome.exitCode);
  }
  return outcome.exitCode;
}

/** A start that fails because the user interrupted it is not an error. */
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
