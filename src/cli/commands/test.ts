import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { systemError, toTritonLocalError, userError } from '../../base/index.ts';
import {
  jsonReport,
  REPORT_FORMS,
  readSampleRequests,
  runSmoke,
  type SmokeResult,
} from '../../cloud/index.ts';
import { type ProjectConfig, resolveProject, terminalFacts } from '../../config/index.ts';
import { createEmulator } from '../../emulator/index.ts';
import { formatTable, startRenderer } from '../../ui/index.ts';
import { withConsent } from '../consent.ts';
import { exitCodeOf } from '../error-catalogue.ts';
import { EXIT } from '../exit-codes.ts';
import type { Flags } from '../flags.ts';
import { print } from '../print.ts';
import { nextInterruption } from '../signals.ts';
import { packageDirectory } from '../version.ts';

const MOST_LOG_LINES = 200;

/** Free ports and no watching, unless the user chooses otherwise: a test must not collide with a running emulator. */
const TEST_DEFAULTS = { port: 0, httpPort: 0, grpcPort: 0, metricsPort: 0, watch: false };

export interface TestFlags {
  readonly requests: string | undefined;
  readonly report: string | undefined;
  readonly url: string | undefined;
  readonly key: string | undefined;
  readonly json: boolean;
}

/** `triton-local test [DIR]`: sends the sample requests and compares the answers; ends with 6 if one differs. */
export async function test(
  directory: string | undefined,
  settings: Flags,
  flags: TestFlags,
): Promise<number> {
  const { url } = flags;
  const resolved = await resolveProject({
    directory: directory ?? '.',
    flags: { ...TEST_DEFAULTS, ...settings },
  });
  const config = url ? resolved : await withConsent(resolved);
  const writeReport = reportWriter(flags.report);
  const requests = await readSampleRequests(config.projectDir, flags.requests);

  const ending = new AbortController();
  const interrupted = nextInterruption().then((interruption) => {
    ending.abort();
    return interruption.exitCode;
  });
  const send = (endpoints: Endpoints) =>
    runSmoke({ requests, ...endpoints, timeoutMs: config.workers.initTimeoutMs, signal: ending.signal });
  try {
    const key = flags.key ?? config.scoring.primaryKey;
    const results = url
      ? await send({ scoringUri: url, inferUrl: undefined, key })
      : await withEmulator(config, ending.signal, send);
    print(flags.json ? jsonReport(results) : `${table(results)}\n`);
    await writeReport(results);
    return results.every((result) => result.ok) ? EXIT.ok : EXIT.testsFailed;
  } catch (error) {
    if (ending.signal.aborted) return interrupted;
    throw error;
  }
}

interface Endpoints {
  readonly scoringUri: string;
  /** Derived from the scoring URI if undefined. */
  readonly inferUrl: string | undefined;
  readonly key: string | undefined;
  /** The log of a service that runs on this machine. */
  readonly collectLog?: () => () => readonly string[];
}

/** Starts the project, passes its endpoints on, and stops it in any case; its log goes to stderr. */
async function withEmulator(
  config: ProjectConfig,
  signal: AbortSignal,
  task: (endpoints: Endpoints) => Promise<readonly SmokeResult[]>,
): Promise<readonly SmokeResult[]> {
  const emulator = createEmulator({ config, runtimePaths: [packageDirectory()] });
  const renderer = await startRenderer('plain', {
    control: emulator.control,
    stdin: process.stdin,
    stdout: process.stderr,
    color: terminalFacts(process.stderr.isTTY === true).color,
    threshold: config.display.logThreshold,
  });
  let exitCode: number = EXIT.ok;
  try {
    const { scoringUri, httpUrl, key, ready } = await emulator.start(signal);
    if (!ready) throw await notReady(emulator.control);
    const collectLog = () => collectLines(emulator.control);
    return await task({ scoringUri, inferUrl: httpUrl, key, collectLog });
  } catch (error) {
    exitCode = exitCodeOf(toTritonLocalError(error));
    throw error;
  } finally {
    await emulator.end('test ended', exitCode);
    await renderer[Symbol.asyncDispose]();
  }
}

/** Collects the log lines from now until the returned function is called. */
function collectLines(control: ReturnType<typeof createEmulator>['control']): () => readonly string[] {
  const lines: string[] = [];
  const stop = control.subscribe((event) => {
    if (event.type === 'log.line' && lines.length < MOST_LOG_LINES)
      lines.push(`${event.source} ${event.text}`);
  });
  return () => {
    stop();
    return lines;
  };
}

async function notReady(control: ReturnType<typeof createEmulator>['control']): Promise<Error> {
  const { models } = await control.state();
  const failed = models.filter((model) => model.state === 'UNAVAILABLE');
  const reasons = failed.map((model) => `model ${model.name} version ${model.version}: ${model.reason}`);
  return systemError('NOT_READY', `the project did not become ready\n${reasons.join('\n')}`.trim());
}

function table(results: readonly SmokeResult[]): string {
  const failed = results.filter((result) => !result.ok).length;
  const rows = results.flatMap((result) => [
    [
      result.ok ? 'passed' : 'FAILED',
      String(result.status ?? '-'),
      `${result.ms.toFixed(1)} ms`,
      result.name,
    ],
    ...result.differences.map((difference) => ['', '', '', `  ${difference}`]),
  ]);
  return `${formatTable([['RESULT', 'STATUS', 'TIME', 'REQUEST'], ...rows])}\n\n${results.length - failed} passed, ${failed} failed`;
}

function reportWriter(file: string | undefined): (results: readonly SmokeResult[]) => Promise<void> {
  if (file === undefined) return async () => {};
  const form = REPORT_FORMS[path.extname(file).toLowerCase()];
  if (!form) {
    throw userError(
      'CONFIG_INVALID',
      `--report must end in ${Object.keys(REPORT_FORMS).join(', ')}, not "${file}"`,
    );
  }
  return (results) => writeFile(file, form(results));
}
