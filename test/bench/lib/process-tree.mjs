import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

// Processor time and memory of a process and what it started, from Linux's /proc. Unlike rates they hardly suffer when
// other work shares the machine.

const TICKS =
  process.platform === 'linux' ? Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })) : 1;

/** Seconds of processor time that the process has used so far, in all its threads. */
export function processorSeconds(pid) {
  const fields = statOf(pid);
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Resident memory of the process in MiB. */
export function residentMiB(pid) {
  const [, pages] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ');
  return (Number(pages) * 4096) / 2 ** 20;
}

/** The process and its descendants. */
export function treeOf(root) {
  const parents = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      parents.set(Number(name), Number(statOf(name)[1]));
    } catch {
      // It has ended in the meantime.
    }
  }
  const tree = [root];
  for (const pid of tree) {
    for (const [child, parent] of parents) if (parent === pid) tree.push(child);
  }
  return tree;
}

/** The fields after the program's name, which may hold blanks: state, parent, ... */
function statOf(pid) {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
}
