import type { Blocker } from './event.ts';
import type { EmulatorState } from './state.ts';

/**
 * What keeps a started emulator from being ready: a script that has not come up, or models that are not loaded. If
 * neither is the cause, it is the engine, which gives no reason.
 */
export function findBlockers({ failures, models, engine, generation }: EmulatorState): readonly Blocker[] {
  const blockers: Blocker[] = [];
  const script = failures.find(({ targets }) => targets.includes('script'));
  if (script && generation === 0)
    blockers.push({ kind: 'script', name: script.error.file ?? 'script', reason: script.error.message });
  for (const { targets, error, olderServes } of failures) {
    for (const target of targets) {
      const [, name] = /^model (.*)$/s.exec(target) ?? [];
      if (name !== undefined && !olderServes) blockers.push({ kind: 'model', name, reason: error.message });
    }
  }
  const named = new Set(blockers.map(({ name }) => name));
  for (const { name, state, reason } of models) {
    if (state !== 'UNAVAILABLE' || reason === 'unloaded' || named.has(name)) continue;
    named.add(name);
    blockers.push({ kind: 'model', name, reason });
  }
  if (blockers.length > 0) return blockers;
  return [
    {
      kind: 'engine',
      name: engine?.kind ?? 'engine',
      reason: 'GET /v2/health/ready, or GET / of the scoring port, is not 200',
    },
  ];
}
