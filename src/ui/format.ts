import os from 'node:os';
import path from 'node:path';
import type {
  EngineStatus,
  Failure,
  ModelStatistics,
  ReloadAction,
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

/** `42s`, `12m`, `3h 07m`, `2d 04h`: coarser the longer it is, so that a screen at rest stays at rest. */
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

/** What a model has done, the most telling first: `2 failed`, `1,204 inferences`, `compute 1.1 ms`, `queue 0.02 ms`. */
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

/** A path as its reader would say it: relative to the project inside it, else with `~` for the home directory. */
export function formatPath(file: string, projectDir: string | null = null): string {
  if (projectDir !== null && path.isAbsolute(file)) {
    const relative = path.relative(projectDir, file);
    if (relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative)) return relative;
  }
  const home = os.homedir();
  if (home.length > 1 && file === home) return '~';
  return home.length > 1 && file.startsWith(home + path.sep) ? `~${file.slice(home.length)}` : file;
}

/** `score.py:12`, for a terminal to make a link of. */
export function formatPlace(error: Failure, projectDir: string | null = null): string | undefined {
  if (error.file === undefined) return undefined;
  const file = formatPath(error.file, projectDir);
  return error.line === undefined ? file : `${file}:${error.line}`;
}

/** What a reload was about in a few words: `score.py`, `digits`, `score.py, digits and 2 more`. */
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

/** Where the time of a reload went; parts of under half a millisecond are left out. */
export function formatBill(timings: ReloadTimings): string {
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

/** What a reload changed in a replayed answer, the most telling first: `status 200 -> 500`, `digit 3 -> 5`. */
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

/** What still answers after a reload failed. */
export function formatServing(generation: number, actions: readonly ReloadAction[]): string {
  const isScript = actions.length === 0 || actions.some((action) => action.kind === 'swap-workers');
  if (!isScript) return 'what was loaded before still serves';
  return generation === 0
    ? 'nothing serves yet; the next save tries again'
    : `generation ${generation} still serves`;
}

/** `embedded 2.51.0`, and which processor. */
export function formatEngine({ kind, version, gpu }: EngineStatus): string {
  // What a server that is not ours runs on, nobody tells.
  const device = kind === 'external' ? '' : ` on ${gpu ?? 'CPU'}`;
  return `${kind}${version ? ` ${version}` : ''}${device}`;
}

/** A command that can be pasted into a shell and reaches what was just started. */
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
  // cmd.exe knows no single quotes.
  const quote = (text: string) =>
    platform === 'win32' ? `"${text.replaceAll('"', '\\"')}"` : `'${text.replaceAll("'", "'\\''")}'`;
  return `curl ${scoringUri} -H ${quote('Content-Type: application/json')} -d ${quote(sample)}`;
}
