import { type EmulatorState, findFailure } from '../events/index.ts';
import {
  formatAddresses,
  formatBlockers,
  formatCount,
  formatDuration,
  formatEngine,
  formatPath,
  formatPlace,
  formatStatistics,
  formatSubject,
  formatTimings,
  formatUptime,
} from './format.ts';
import { createStyle } from './style.ts';

/** The state of an emulator for `triton-local status`, one fact per line. Ends without a line break. */
export function formatState(state: EmulatorState, { color = false, now = Date.now() } = {}): string {
  const style = createStyle(color);
  const { engine, reload, failures, watching, projectDir, startedAt } = state;
  const uptime = startedAt === null ? '' : `, up ${formatUptime(now - Date.parse(startedAt))}`;
  const rows: [string, string][] = [['state', `${state.state}${uptime}`]];
  if (projectDir !== null) rows.push(['project', formatPath(projectDir)]);
  if (state.blockers.length > 0) rows.push(['blocked', formatBlockers(state.blockers)]);
  if (engine) rows.push(['engine', `${formatEngine(engine)} (${engine.exited ?? engine.reason})`]);
  if (state.scoringUri !== null) rows.push(['scoring', state.scoringUri]);
  for (const row of formatAddresses(state)) rows.push(row);
  for (const { name, version, state: modelState, reason, restarts } of state.models) {
    const figures = state.statistics.find((it) => it.name === name && it.version === version);
    const done = figures ? `, ${formatStatistics(figures).join(', ')}` : '';
    const failed = findFailure(failures, name) ? ', newest save failed' : '';
    const isServed = modelState === 'READY';
    const again = restarts ? `, its process restarted ${formatCount(restarts)}×` : '';
    rows.push([
      'model',
      `${name} ${version} ${modelState}${reason && `: ${reason}`}${isServed ? failed : ''}${again}${done}`,
    ]);
  }
  if (state.deployment === 'script') {
    const ready = state.workers.filter((worker) => worker.state === 'ready').length;
    const died = state.workersDied > 0 ? `, ${state.workersDied} died` : '';
    rows.push([
      'workers',
      `${ready} of ${state.workers.length} ready, generation ${state.generation}${died}`,
    ]);
  }
  if (watching && watching.mode !== 'events') {
    rows.push(['watching', `${watching.mode}${watching.reason && `: ${watching.reason}`}`]);
  }
  if (reload) {
    const took = reload.timings ? ` in ${formatDuration(reload.timings.totalMs)}` : '';
    const phases = reload.timings ? formatTimings(reload.timings) : '';
    const subject = formatSubject(reload.causes, reload.actions, projectDir);
    rows.push(['reload', `${reload.outcome}${took}: ${subject}${phases && ` (${phases})`}`]);
  }
  for (const { error } of failures) {
    const place = formatPlace(error, projectDir);
    rows.push(['broken', `${place === undefined ? '' : `${place}: `}${error.message.split('\n', 1)[0]}`]);
    if (error.excerpt !== undefined) rows.push(['', `${error.line} | ${error.excerpt}`]);
    if (error.hint !== undefined) rows.push(['', `hint: ${error.hint}`]);
  }
  return rows.map(([label, text]) => `${style.dim(label.padEnd(9))}${text}`).join('\n');
}
