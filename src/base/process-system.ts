import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import os from 'node:os';
import { promisify } from 'node:util';
import { hasErrno } from './errors.ts';

/**
 * What an operating system knows about itself and its processes; a parameter, so that tests can simulate other systems.
 */
export interface ProcessSystem {
  readonly platform: string;
  readonly host: string;
  readonly pid: number;
  /** When this boot began, in milliseconds since 1970. */
  bootedAt(): number;
  /** Identifies the installation across boots; null if the system does not report it. */
  machine(): Promise<string | null>;
  /** Unique for each boot; null if the system does not report it. */
  boot(): Promise<string | null>;
  /** Process IDs are comparable only within one namespace; null if the system has no namespaces. */
  pidNamespace(): Promise<string | null>;
  /** Whether a process has this ID now, whoever owns it. */
  exists(pid: number): boolean;
  /**
   * When a process started, as text that never changes for one process. Empty for a process that has ended but is still
   * listed (a zombie); null if the system does not report it.
   */
  startOf(pid: number): Promise<string | null>;
  /** Whether two start times belong to one process. */
  isSameStart(one: string, other: string): boolean;
}

/** This system. What cannot change while the process runs is read once. */
export function thisSystem(): ProcessSystem {
  system ??= makeSystem(process.platform);
  return system;
}

let system: ProcessSystem | undefined;

/** A system's facts; `run` returns what a program prints. */
export function makeSystem(platform: NodeJS.Platform, run: RunProgram = runProgram): ProcessSystem {
  const common = {
    platform,
    host: os.hostname(),
    pid: process.pid,
    bootedAt: () => Date.now() - os.uptime() * 1000,
    exists,
    isSameStart: (one: string, other: string) => one === other,
    pidNamespace: async () => null,
  };
  if (platform === 'linux') {
    return {
      ...common,
      machine: once(() => readFile('/etc/machine-id', 'utf8')),
      boot: once(() => readFile('/proc/sys/kernel/random/boot_id', 'utf8')),
      pidNamespace: once(() => readlink('/proc/self/ns/pid')),
      startOf: startInProc,
    };
  }
  if (platform === 'win32') {
    return {
      ...common,
      machine: once(async () => {
        const key = 'HKLM\\SOFTWARE\\Microsoft\\Cryptography';
        return /REG_SZ\s+(\S+)/.exec(await run('reg', ['query', key, '/v', 'MachineGuid']))?.[1] ?? '';
      }),
      boot: async () => null,
      startOf: (pid) => startByPowerShell(pid, run),
      isSameStart: (one, other) => Math.abs(Number(one) - Number(other)) < WINDOWS_START_TOLERANCE_MS,
    };
  }
  return {
    ...common,
    machine: once(async () => {
      const said = await run('/usr/sbin/ioreg', ['-rd1', '-c', 'IOPlatformExpertDevice']);
      return /"IOPlatformUUID" = "([^"]+)"/.exec(said)?.[1] ?? '';
    }),
    boot: once(() => run('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid'])),
    startOf: (pid) => startByPs(pid, run),
  };
}

/**
 * Our own start time comes from Node, others' from Windows, which records it a moment earlier. In practice, no ID is
 * reused within this time.
 */
const WINDOWS_START_TOLERANCE_MS = 10_000;
const PROGRAM_LIMIT_MS = 5_000;

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process: it exists, but we may not signal it.
    return hasErrno(error, 'EPERM');
  }
}

/** The start time in ticks since boot, which clock changes do not affect. */
async function startInProc(pid: number): Promise<string | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The command's name, in parentheses, may contain any characters.
  const [state, ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  if (state === 'Z' || state === 'X') return '';
  return fields[18] ?? null;
}

async function startByPs(pid: number, run: RunProgram): Promise<string | null> {
  const ps = ['LC_ALL=C', '/bin/ps', '-o', 'stat=,lstart=', '-p', String(pid)];
  const said = await run('/usr/bin/env', ps).catch(() => '');
  const [, state, started] = /^(\S+)\s+(.+)$/.exec(said.trim()) ?? [];
  return state?.startsWith('Z') ? '' : (started ?? null);
}

async function startByPowerShell(pid: number, run: RunProgram): Promise<string | null> {
  if (pid === process.pid) return String(Math.round(performance.timeOrigin));
  const command = `([DateTimeOffset](Get-Process -Id ${pid}).StartTime).ToUnixTimeMilliseconds()`;
  const said = await run('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', command]).catch(
    () => '',
  );
  return /^\d+$/.test(said.trim()) ? said.trim() : null;
}

type RunProgram = (program: string, args: string[]) => Promise<string>;

async function runProgram(program: string, args: string[]): Promise<string> {
  return (await promisify(execFile)(program, args, { timeout: PROGRAM_LIMIT_MS, windowsHide: true })).stdout;
}

/** Reads a fact at the first call and caches it; null if it cannot be read. */
function once(read: () => Promise<string>): () => Promise<string | null> {
  let fact: Promise<string | null> | undefined;
  return () => {
    fact ??= read().then(
      (text) => text.trim() || null,
      () => null,
    );
    return fact;
  };
}
