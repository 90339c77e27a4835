import { type ProcessSystem, thisSystem } from './process-system.ts';

/** What distinguishes a process from every other one, on this computer and on others that share its files. */
export interface ProcessIdentity {
  readonly platform: string;
  readonly host: string;
  readonly machine: string | null;
  readonly boot: string | null;
  readonly pidNamespace: string | null;
  readonly pid: number;
  /** In the system's own format. */
  readonly started: string | null;
  /** When this was recorded, in milliseconds since 1970. */
  readonly recordedAt: number;
}

/** `unknown`: it cannot be seen from here, or cannot be distinguished from a later process with the same ID. */
export type ProcessVerdict = 'lives' | 'gone' | 'unknown';

/** The identity of this process. */
export async function ownIdentity(system: ProcessSystem = thisSystem()): Promise<ProcessIdentity> {
  const { platform, host, pid } = system;
  const [machine, boot, pidNamespace, started] = await Promise.all([
    system.machine(),
    system.boot(),
    system.pidNamespace(),
    system.startOf(pid),
  ]);
  return { platform, host, machine, boot, pidNamespace, pid, started, recordedAt: Date.now() };
}

/**
 * Whether a process still runs. What it owned may be removed only if it is `gone`: a process on another host, in
 * another container or before an unknown boot is `unknown`, and a stopped or sleeping process is alive.
 */
export async function verdictOn(
  identity: ProcessIdentity,
  system: ProcessSystem = thisSystem(),
): Promise<ProcessVerdict> {
  if (identity.platform !== system.platform) return 'unknown';
  const [machine, boot, pidNamespace] = await Promise.all([
    system.machine(),
    system.boot(),
    system.pidNamespace(),
  ]);
  const isSameMachine =
    identity.host === system.host && identity.machine !== null && identity.machine === machine;
  if (identity.boot !== boot) {
    // Copies of a virtual machine share its identity, but a process that runs now was not started before this boot.
    return isSameMachine && identity.recordedAt < system.bootedAt() ? 'gone' : 'unknown';
  }
  // Without a boot ID (Windows), only the machine can be compared.
  if (boot === null && !isSameMachine) return 'unknown';
  if (identity.pidNamespace !== pidNamespace) return 'unknown';
  return verdictByNumber(identity, system);
}

async function verdictByNumber(
  { pid, started }: ProcessIdentity,
  system: ProcessSystem,
): Promise<ProcessVerdict> {
  if (!system.exists(pid)) return 'gone';
  const startedNow = await system.startOf(pid);
  if (startedNow === '') return 'gone';
  if (started === null || startedNow === null) return pid === system.pid ? 'lives' : 'unknown';
  return system.isSameStart(started, startedNow) ? 'lives' : 'gone';
}

/** An identity read from a file or a label; undefined if it is damaged. */
export function parseIdentity(value: unknown): ProcessIdentity | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { platform, host, machine, boot, pidNamespace, pid, started, recordedAt } = value as Record<
    string,
    unknown
  >;
  return typeof platform === 'string' &&
    typeof host === 'string' &&
    isTextOrNull(machine) &&
    isTextOrNull(boot) &&
    isTextOrNull(pidNamespace) &&
    typeof pid === 'number' &&
    Number.isInteger(pid) &&
    pid > 0 &&
    isTextOrNull(started) &&
    typeof recordedAt === 'number'
    ? { platform, host, machine, boot, pidNamespace, pid, started, recordedAt }
    : undefined;
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}
