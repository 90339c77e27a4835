import { createHash } from 'node:crypto';
import path from 'node:path';
import { toTritonLocalError } from '../base/index.ts';
import { detachedEnvironment, type ProjectConfig, terminalFacts } from '../config/index.ts';
import { type StartedEmulator, startDetached, type startReporter } from '../control/index.ts';
import { createEmulator } from '../emulator/index.ts';
import { EventLog } from '../events/index.ts';
import { print, startRenderer } from '../ui/index.ts';
import { serviceKeys } from '../workspace/index.ts';
import { exitCodeOf } from './error-catalogue.ts';
import { EventRelay } from './event-relay.ts';
import { EXIT } from './exit-codes.ts';
import { nextInterruption } from './signals.ts';
import { packageDirectory } from './version.ts';

/** Where a project's emulator keeps its events when it runs without a terminal. */
export function eventLogOf(home: string, projectDir: string): string {
  const hash = createHash('sha256').update(projectDir).digest('hex').slice(0, 8);
  return path.join(home, 'logs', `${path.basename(projectDir) || 'root'}-${hash}.jsonl`);
}

/** `up -d`: starts the same command in a process of its own, shows its start, and says where it runs. */
export async function upDetached(config: ProjectConfig): Promise<number> {
  const eventLog = eventLogOf(config.home, config.projectDir);
  const [, program = '', ...args] = process.argv;
  const rest = args.filter((argument) => argument !== '-d' && argument !== '--detach');
  const isJson = config.display.ui === 'json';
  const relay = new EventRelay();
  const renderer = await startRenderer(isJson ? 'json' : 'plain', {
    control: relay,
    stdin: process.stdin,
    stdout: isJson ? process.stdout : process.stderr,
    color: terminalFacts(process.stderr.isTTY === true).color,
    threshold: config.display.logThreshold,
  });
  const asked = new AbortController();
  let exitCode: number = EXIT.ok;
  void nextInterruption().then((interruption) => {
    exitCode = interruption.exitCode;
    asked.abort();
  });
  try {
    const started = await startDetached(
      {
        command: [
          process.execPath,
          program,
          ...rest,
          ...(config.start.yes ? ['--yes'] : []),
          '--event-log',
          eventLog,
        ],
        cwd: process.cwd(),
        environment: detachedEnvironment(),
        crashLog: `${eventLog}.crash`,
        onEvent: (event) => relay.push(event),
      },
      asked.signal,
    );
    await started.keep();
    await renderer[Symbol.asyncDispose]();
    if (!isJson) print(summary(started, config.projectDir, eventLog));
    return started.ready ? EXIT.ok : EXIT.failed;
  } catch (error) {
    await renderer[Symbol.asyncDispose]();
    if (asked.signal.aborted) return exitCode;
    throw error;
  }
}

function summary(started: StartedEmulator, projectDir: string, eventLog: string): string {
  const { ready, pid, scoringUri, httpUrl } = started;
  const lines = [
    ready
      ? `runs in process ${pid}`
      : `runs in process ${pid}, but is not ready: a model failed, and is loaded when it is mended`,
    `scoring  ${scoringUri}`,
    `Triton   ${httpUrl}`,
    `log      ${eventLog}`,
    `stop     npx triton-local down ${projectDir}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** What `-d` starts: an emulator that shows nothing, keeps its events in a file, and tells its parent how it began. */
export async function upWithoutTerminal(
  config: ProjectConfig,
  resolve: () => Promise<ProjectConfig>,
  { eventLog, keyFile }: { readonly eventLog: string; readonly keyFile: string | undefined },
  reporter: ReturnType<typeof startReporter>,
): Promise<number> {
  const keys = keyFile === undefined ? {} : { keys: async () => Object.values(await serviceKeys(keyFile)) };
  const emulator = createEmulator({ config, resolve, runtimePaths: [packageDirectory()], eventLog, ...keys });
  using _log = new EventLog(eventLog, emulator.control);
  const stopTelling = emulator.control.subscribe((event) => reporter?.event(event));
  const asked = nextInterruption(reporter?.abandoned.then((reason) => ({ reason, exitCode: EXIT.failed })));
  const starting = new AbortController();
  void asked.then(() => starting.abort());
  try {
    const running = await emulator.start(starting.signal);
    stopTelling();
    const { scoringUri, httpUrl, key, ready } = running;
    reporter?.started({ pid: process.pid, scoringUri, httpUrl, key, ready });
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
    if (!reporter) throw error;
    reporter.failed(error);
    return EXIT.failed;
  }
}
