import { shellWord, toTritonLocalError } from '../base/index.ts';
import { detachedEnvironment, type ProjectConfig, terminalFacts } from '../config/index.ts';
import { type StartedEmulator, startDetached, type startReporter } from '../control/index.ts';
import { createEmulator, type EmulatorOptions, requireConsent } from '../emulator/index.ts';
import { EventLog } from '../events/index.ts';
import { formatAddresses, startRenderer } from '../ui/index.ts';
import { openWorkspace, serviceKeys } from '../workspace/index.ts';
import { exitCodeOf } from './error-catalogue.ts';
import { eventLogOf } from './event-log-file.ts';
import { EventRelay } from './event-relay.ts';
import { EXIT } from './exit-codes.ts';
import { realFolder } from './instances.ts';
import { print } from './print.ts';
import { withoutSecrets } from './secret-flags.ts';
import { cancelOnInterruption, type Interruption, nextInterruption } from './signals.ts';
import { packageDirectory } from './version.ts';

/** `up -d`: starts the same command in a background process, shows its start, and prints where it runs. */
export async function upDetached(
  config: ProjectConfig,
  name: string | null,
  secrets: string | undefined,
): Promise<number> {
  const eventLog = eventLogOf(config.home, config.projectDir, name);
  const [, program = '', ...args] = process.argv;
  const rest = args.filter((argument) => argument !== '-d' && argument !== '--detach');
  const isJson = config.display.ui === 'json';
  const relay = new EventRelay();
  const renderer = await startRenderer(isJson ? 'json' : 'plain', {
    control: relay.control,
    stdin: process.stdin,
    stdout: isJson ? process.stdout : process.stderr,
    color: terminalFacts(process.stderr.isTTY === true).color,
    threshold: config.display.logThreshold,
  });
  const cancellation = cancelOnInterruption();
  try {
    const started = await startDetached(
      {
        command: [
          process.execPath,
          program,
          ...withoutSecrets(rest),
          ...(secrets === undefined ? [] : ['--settings-stdin']),
          ...(config.start.yes ? ['--yes'] : []),
          '--event-log',
          eventLog,
        ],
        cwd: process.cwd(),
        environment: detachedEnvironment(),
        ...(secrets !== undefined && { input: secrets }),
        crashLog: `${eventLog}.crash`,
        onEvent: (event) => relay.push(event),
      },
      cancellation.signal,
    );
    await started.keep();
    await renderer[Symbol.asyncDispose]();
    if (!isJson) print(summary(started, config.projectDir, name, eventLog));
    return started.ready ? EXIT.ok : EXIT.failed;
  } catch (error) {
    await renderer[Symbol.asyncDispose]();
    if (cancellation.signal.aborted) return cancellation.exitCode;
    throw error;
  }
}

function summary(
  started: StartedEmulator,
  projectDir: string,
  name: string | null,
  eventLog: string,
): string {
  const { ready, pid, scoringUri } = started;
  const lines = [
    ready
      ? `runs in process ${pid}`
      : `runs in process ${pid}, but is not ready: a model failed, and is loaded once it is fixed`,
    `scoring  ${scoringUri}`,
    ...formatAddresses(started).map(([label, address]) => `${label.padEnd(9)}${address}`),
    `log      ${eventLog}`,
    `stop     npx triton-local down ${shellWord(projectDir)}${name === null ? '' : ` --id ${name}`}`,
  ];
  return `${lines.join('\n')}\n`;
}

interface UnattendedStart {
  /** `--id` */
  readonly name: string | null;
  readonly eventLog: string;
  /** If undefined, the keys of the project. */
  readonly keyFile: string | undefined;
}

type Reporter = ReturnType<typeof startReporter>;

/**
 * The process that `-d` starts: an emulator that prints nothing, records its events in a file, and reports its start to
 * the parent.
 */
export async function upUnattended(
  resolve: () => Promise<ProjectConfig>,
  start: UnattendedStart,
  reporter: Reporter,
): Promise<number> {
  const asked = nextInterruption(reporter?.abandoned.then((reason) => ({ reason, exitCode: EXIT.failed })));
  try {
    const config = await resolve();
    requireConsent(config);
    const workspace = await openWorkspace(config.home);
    const claim = { projectDir: realFolder(config.projectDir), name: start.name };
    return await serve(
      { config, resolve, instance: await workspace.createInstance(claim) },
      start,
      reporter,
      asked,
    );
  } catch (error) {
    if (!reporter) throw error;
    reporter.failed(error);
    return EXIT.failed;
  }
}

async function serve(
  parts: Pick<EmulatorOptions, 'config' | 'resolve' | 'instance'>,
  { eventLog, keyFile }: UnattendedStart,
  reporter: Reporter,
  asked: Promise<Interruption>,
): Promise<number> {
  const keys = keyFile === undefined ? {} : { keys: async () => Object.values(await serviceKeys(keyFile)) };
  const runtimePaths = [packageDirectory()];
  const emulator = createEmulator({ ...parts, ...keys, runtimePaths, eventLog, unattended: true });
  using _log = new EventLog(eventLog, emulator.control);
  const stopReporting = emulator.control.subscribe((event) => reporter?.event(event));
  const starting = new AbortController();
  void asked.then(() => starting.abort());
  try {
    const running = await emulator.start(starting.signal);
    stopReporting();
    const { scoringUri, httpUrl, grpcAddress, metricsUrl, key, ready } = running;
    const addresses = { scoringUri, httpUrl, grpcAddress, metricsUrl };
    reporter?.started({ pid: process.pid, ...addresses, key, ready });
    const { reason, exitCode } = await Promise.race([asked, running.stopped]);
    await emulator.end(reason, exitCode);
    return exitCode;
  } catch (error) {
    if (starting.signal.aborted) {
      const { reason, exitCode } = await asked;
      await emulator.end(reason, exitCode);
      return exitCode;
    }
    await emulator.end('start failed', exitCodeOf(toTritonLocalError(error)));
    throw error;
  }
}
