import os from 'node:os';
import path from 'node:path';
import type {
  Blocker,
  EngineStatus,
  Failure,
  ModelStatistics,
  ReloadAction,
  ReloadFailure,
  ReloadTimings,
  ReplayStatus,
} from '../events/index.ts';

/** `0.42 ms`, `3.2 ms`, `132 ms`, `1.24 s`, `2m 05s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1) return `${milliseconds.toFixed(2)} ms`;
  if (milliseconds < 10) return `${milliseconds.toFixed(1)} ms`;
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 59_995) return `${(milliseconds / 1_000).toFixed(2)} s`;
  return formatUptime(milliseconds);
}

/** `42s`, `12m`, `3h 07m`, `2d 04h`: coarser as it grows, so that an idle screen does not change. */
export function formatUptime(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1_000);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return `${minutes}m ${pad(seconds % 60)}s`;
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}h ${pad(minutes % 60)}m`;
  return `${Math.floor(hours / 24)}d ${pad(hours % 24)}h`;
}

const pad = (value: number) => String(value).padStart(2, '0');

/** `1,204`, the same on every machine. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

export function formatRate(perSecond: number): string {
  if (perSecond === 0) return '0/s';
  return perSecond < 10 ? `${perSecond.toFixed(1)}/s` : `${formatCount(Math.round(perSecond))}/s`;
}

/** The work of a model, most important first: `2 failed`, `1,204 inferences`, `compute 1.1 ms`, `queue 0.02 ms`. */
export function formatStatistics(statistics: ModelStatistics): string[] {
  const { inferenceCount, failureCount, queueMs, computeMs } = statistics;
  return [
    ...(failureCount > 0 ? [`${formatCount(failureCount)} failed`] : []),
    formatPlural(inferenceCount, 'inference'),
    `compute ${formatDuration(computeMs)}`,
    `queue ${formatDuration(queueMs)}`,
  ];
}

/** `1 model`, `2 models`. */
export function formatPlural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Prefixes of messages that name the reporter or stage instead of the fault. */
const CONTEXT =
  /^(?:.*config\.pbtxt is not a model configuration|Failed to import user script because it raised an unhandled exception|User's init function failed|model '[^']*' was not loaded|Internal|Invalid argument|Unsupported|Not found|Unavailable): (?=\S)/;

/** Splits a message into the fault, the context before it, and its other lines. */
export function splitMessage(message: string): {
  readonly fault: string;
  readonly context: string;
  readonly more: readonly string[];
} {
  const [first = '', ...rest] = message.split(/\r?\n/);
  let fault = first;
  for (let found = CONTEXT.exec(fault); found; found = CONTEXT.exec(fault))
    fault = fault.slice(found[0].length);
  const context = first.slice(0, first.length - fault.length).replace(/: $/, '');
  return { fault, context, more: rest.filter((line) => line.trim() !== '') };
}

/** A short path: relative to the project if inside it, else with `~` for the home directory. */
export function formatPath(file: string, projectDir: string | null = null): string {
  if (projectDir !== null && path.isAbsolute(file)) {
    const relative = path.relative(projectDir, file);
    if (relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative)) return relative;
  }
  const home = os.homedir();
  if (home.length > 1 && file === home) return '~';
  return home.length > 1 && file.startsWith(home + path.sep) ? `~${file.slice(home.length)}` : file;
}

/** `score.py:12` or `config.pbtxt:3:5`, which terminals turn into a link. */
export function formatPlace(error: Failure, projectDir: string | null = null): string | undefined {
  if (error.file === undefined) return undefined;
  const file = formatPath(error.file, projectDir);
  return [file, error.line, error.line === undefined ? undefined : error.column]
    .filter((part) => part !== undefined)
    .join(':');
}

/** The subject of a reload in a few words: `score.py`, `digits`, `score.py, digits and 2 more`. */
export function formatSubject(
  causes: readonly string[],
  actions: readonly ReloadAction[],
  projectDir: string | null = null,
): string {
  const files = causes.length > 0 ? causes : actions.map((action) => action.target);
  const names = [...new Set(files.map((file) => formatPath(file, projectDir)))];
  if (names.length === 0) return 'nothing';
  if (names.length <= 2) return names.join(' and ');
  return `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`;
}

/** The phases of a reload with their times; phases under half a millisecond are omitted. */
export function formatTimings(timings: ReloadTimings): string {
  const parts: [string, number][] = [
    ['notice', timings.noticeMs],
    ['quiet', timings.quietMs],
    ['stage', timings.stageMs],
    ['load', timings.loadMs],
    ['warm', timings.warmMs],
    ['switch', timings.switchMs],
  ];
  return parts
    .filter(([, ms]) => ms >= 0.5)
    .map(([name, ms]) => `${name} ${formatDuration(ms)}`)
    .join(' + ');
}

/** Changes in a replayed answer after a reload, most important first: `status 200 -> 500`, `digit 3 -> 5`. */
export function formatDifferences(
  { status, ...change }: { readonly status: number } & NonNullable<ReplayStatus['change']>,
  most = 3,
): string[] {
  const { statusBefore, differences, differenceCount } = change;
  const parts = status === statusBefore ? [] : [`status ${statusBefore} -> ${status}`];
  for (const { path: place, before, after } of differences.slice(0, most))
    parts.push(`${place}${place && ' '}${before || 'nothing'} -> ${after || 'nothing'}`);
  const more = differenceCount - Math.min(most, differences.length);
  if (more > 0) parts.push(`${formatPlural(more, 'more difference')}`);
  return parts.length > 0 ? parts : ['the same answer'];
}

/** `model_7 is not loaded: ...`: one reason why an emulator is not ready, in one line. */
export function formatBlocker({ kind, name, reason }: Blocker): string {
  const { fault } = splitMessage(reason);
  if (kind === 'model') return `model ${name} is not loaded: ${fault}`;
  if (kind === 'script') return `${path.basename(name)} did not come up: ${fault}`;
  return `the ${name} engine is not ready: ${fault}`;
}

const MOST_NAMED = 5;

/** Why an emulator is not ready, in one line: the reason of a single blocker, else the names. */
export function formatBlockers(blockers: readonly Blocker[]): string {
  const [only, ...others] = blockers;
  if (!only) return 'the engine gives no reason';
  if (others.length === 0) return formatBlocker(only);
  const names = blockers.slice(0, MOST_NAMED).map(({ name }) => path.basename(name));
  const more = blockers.length - names.length;
  const isModels = blockers.every(({ kind }) => kind === 'model');
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''} ${isModels ? 'are not loaded' : 'failed'}`;
}

/** What still serves after a failed load or reload. */
export function formatServing(
  generation: number,
  { targets, olderServes }: Pick<ReloadFailure, 'targets' | 'olderServes'>,
): string {
  const isScript = targets.length === 0 || targets.includes('script');
  if (!isScript)
    return olderServes
      ? 'what was loaded before still serves'
      : 'it is not served; the next save tries again';
  return generation === 0
    ? 'nothing serves yet; the next save tries again'
    : `generation ${generation} still serves`;
}

/** `embedded 2.51.0 on CPU`. */
export function formatEngine({ kind, version, gpu }: EngineStatus): string {
  // An external server does not reveal its device.
  const device = kind === 'external' ? '' : ` on ${gpu ?? 'CPU'}`;
  return `${kind}${version ? ` ${version}` : ''}${device}`;
}

/** Where Triton answers, each port that is open with its label. */
export function formatAddresses({
  httpUrl,
  grpcAddress,
  metricsUrl,
}: {
  readonly httpUrl: string | null;
  readonly grpcAddress?: string | null | undefined;
  readonly metricsUrl?: string | null | undefined;
}): [label: string, address: string][] {
  const all: [string, string | null | undefined][] = [
    ['Triton', httpUrl],
    ['gRPC', grpcAddress],
    ['metrics', metricsUrl],
  ];
  return all.flatMap(([label, address]): [string, string][] => (address ? [[label, address]] : []));
}

/** The web page of an emulator, beside its scoring service. */
export function pageUrl(scoringUri: string): string {
  return new URL('/_triton-local/', scoringUri).href;
}

/** A shell command that calls what was just started. */
export function formatTryLine(
  deployment: 'no-code' | 'script',
  scoringUri: string,
  httpUrl: string,
  model: string | undefined,
  sample = '{"data": []}',
  platform: NodeJS.Platform = process.platform,
): string {
  if (deployment === 'no-code') {
    return model === undefined
      ? `curl ${httpUrl}/v2`
      : `curl ${httpUrl}/v2/models/${encodeURIComponent(model)}`;
  }
  // cmd.exe has no single quotes.
  const quote = (text: string) =>
    platform === 'win32' ? `"${text.replaceAll('"', '\\"')}"` : `'${text.replaceAll("'", "'\\''")}'`;
  return `curl ${scoringUri} -H ${quote('Content-Type: application/json')} -d ${quote(sample)}`;
}
