import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../../src/engines/free-ports.ts';
import { askPython, makeBackendDirectory } from '../../src/engines/native/backend-directory.ts';
import { describeInstallation } from '../../src/engines/native/installation.ts';
import { TritonProcess } from '../../src/engines/native/process.ts';
import { EventBus } from '../../src/events/index.ts';

export interface BareTriton extends AsyncDisposable {
  /** The port of HTTP. */
  readonly port: number;
  readonly grpcPort: number;
  readonly metricsPort: number;
  /** The lines of its log, without preamble. */
  readonly log: readonly string[];
  hasExited(): boolean;
  /** Resolves when its process has ended. */
  readonly exited: Promise<unknown>;
}

let started = 0;

/** The real `tritonserver` as it is, without our gateway: answers on `port` once every model has been tried. */
export async function startBareTriton(
  program: string,
  repository: string,
  flags: readonly string[],
): Promise<BareTriton> {
  const installation = describeInstallation(program);
  if (!installation.python) throw new Error(`${program} lies in no Python environment`);
  const directory = mkdtempSync(path.join(tmpdir(), 'triton-local-peer-'));
  const environment = { PATH: process.env.PATH ?? '' };
  const facts = await askPython(installation.python, environment);
  const backends = await makeBackendDirectory(installation, facts.version, path.join(directory, 'backends'));
  const [http = 0, grpc = 0, metrics = 0] = await freePorts(3);
  started += 1;
  const log: string[] = [];
  const sharedMemoryPrefix = `triton-local-test-${process.pid}-${started}-`;
  const triton = new TritonProcess({
    program,
    args: [
      `--model-repository=${repository}`,
      `--backend-directory=${backends}`,
      '--exit-on-error=false',
      '--exit-timeout-secs=2',
      '--http-address=127.0.0.1',
      `--http-port=${http}`,
      '--grpc-address=127.0.0.1',
      `--grpc-port=${grpc}`,
      '--metrics-address=127.0.0.1',
      `--metrics-port=${metrics}`,
      `--backend-config=python,shm-region-prefix-name=${sharedMemoryPrefix}`,
      ...flags,
    ],
    environment: {
      PATH: `${path.dirname(installation.python)}:${environment.PATH}`,
      LD_LIBRARY_PATH: [facts.libraryDirectory, ...installation.libraryDirectories].join(':'),
    },
    sharedMemoryPrefix,
    events: new EventBus(),
    onLine: (text) => log.push(text),
  });
  const stop = async () => {
    await triton[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await untilLive(http, triton);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    port: http,
    grpcPort: grpc,
    metricsPort: metrics,
    log,
    hasExited: () => triton.hasExited,
    exited: triton.exited,
    [Symbol.asyncDispose]: stop,
  };
}

async function untilLive(port: number, triton: TritonProcess): Promise<void> {
  for (;;) {
    if (triton.hasExited)
      throw new Error(`tritonserver ${await triton.exited}\n${triton.lastLines.join('\n')}`);
    const answer = await fetch(`http://127.0.0.1:${port}/v2/health/live`).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(50);
  }
}
