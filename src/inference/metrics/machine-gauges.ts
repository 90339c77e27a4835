import os from 'node:os';
import type { Family } from './text-format.ts';

/** The processor time of this machine since it started, in any unit. */
export interface ProcessorTimes {
  readonly idle: number;
  readonly total: number;
}

/** What the gauges read; a parameter, so that tests can be another machine. */
export interface Machine {
  processorTimes(): ProcessorTimes;
  totalBytes(): number;
  freeBytes(): number;
}

const thisMachine: Machine = {
  processorTimes() {
    let [idle, total] = [0, 0];
    for (const { times } of os.cpus()) {
      idle += times.idle;
      total += times.user + times.nice + times.sys + times.idle + times.irq;
    }
    return { idle, total };
  },
  totalBytes: () => os.totalmem(),
  freeBytes: () => os.freemem(),
};

/** Triton reads without a pause if asked to, which keeps a core busy. */
const LEAST_INTERVAL_MS = 50;

/** Processor and memory of the whole machine, read every so often, as Triton reads them. */
export class MachineGauges implements Disposable {
  readonly #machine: Machine;
  readonly #timer: NodeJS.Timeout;
  #times: ProcessorTimes;
  #utilization = 0;
  #totalBytes = 0;
  #usedBytes = 0;

  constructor(intervalMs: number, machine: Machine = thisMachine) {
    this.#machine = machine;
    this.#times = machine.processorTimes();
    this.#read();
    this.#timer = setInterval(() => this.#read(), Math.max(LEAST_INTERVAL_MS, intervalMs)).unref();
  }

  #read(): void {
    const times = this.#machine.processorTimes();
    const passed = times.total - this.#times.total;
    if (passed > 0) this.#utilization = 1 - (times.idle - this.#times.idle) / passed;
    this.#times = times;
    this.#totalBytes = this.#machine.totalBytes();
    this.#usedBytes = this.#totalBytes - this.#machine.freeBytes();
  }

  families(): readonly Family[] {
    const gauge = (name: string, help: string, value: number): Family => ({
      name,
      help,
      type: 'gauge',
      samples: [{ labels: {}, value }],
    });
    return [
      gauge('nv_cpu_utilization', 'CPU utilization rate [0.0 - 1.0]', this.#utilization),
      gauge('nv_cpu_memory_total_bytes', 'CPU total memory (RAM), in bytes', this.#totalBytes),
      gauge('nv_cpu_memory_used_bytes', 'CPU used memory (RAM), in bytes', this.#usedBytes),
    ];
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
