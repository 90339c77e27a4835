import { messageOf, within } from '../../base/index.ts';
import { homeDirectory } from '../../config/index.ts';
import { describeDocker } from '../../emulator/index.ts';
import { dockerFindings, driverFinding, gpuFindings, readDriver } from './docker.ts';
import { checkAuto, checkNative, checkOnnxRuntime } from './engines.ts';
import { type Environment, type Finding, LIMIT_MS } from './finding.ts';
import {
  checkDisk,
  checkInstances,
  checkMemory,
  checkNode,
  checkNpm,
  checkProxies,
  checkSharedMemory,
  checkVariables,
  checkWatching,
} from './machine.ts';
import { checkPort, PORTS } from './ports.ts';
import { checkPython, checkUv } from './python.ts';

export interface DiagnosisOptions {
  readonly environment: Environment;
  /** Node's own version. */
  readonly nodeVersion: string;
  readonly dockerHost: string | undefined;
  readonly image: string | undefined;
  /** Folders in which onnxruntime-node is looked for before the state folder. */
  readonly searchFrom: readonly string[];
}

type Check = () => readonly Finding[] | Promise<readonly Finding[]>;

/** Runs all checks at once; a check that does not answer in time is a finding too, so that they take 3 s at most. */
export async function diagnose(options: DiagnosisOptions): Promise<readonly Finding[]> {
  const { environment, nodeVersion, dockerHost, image } = options;
  const home = homeDirectory(environment);
  const docker = describeDocker({ environment, dockerHost, image, limitMs: LIMIT_MS - 200 });
  const driver = readDriver(environment);
  const engines = { ...options, home };
  const checks: readonly (readonly [string, Check])[] = [
    ['Node.js', () => [checkNode(nodeVersion)]],
    ['npm', () => checkNpm(environment)],
    ['disk', () => checkDisk(home)],
    ['memory', checkMemory],
    ['shared memory', checkSharedMemory],
    ['file watching', checkWatching],
    ['proxy', () => checkProxies(environment)],
    ['variables', () => checkVariables(environment)],
    ['emulators', () => checkInstances(home)],
    ...Object.entries(PORTS).map(([name, port]) => [name, () => checkPort(name, port)] as const),
    ['Python', () => checkPython(environment)],
    ['uv', () => checkUv(environment)],
    ['Docker', () => docker.then(dockerFindings)],
    ['GPU driver', () => driver.then((it) => [driverFinding(it)])],
    ['GPU in Docker', () => gpuFindings(docker, driver)],
    ['native Triton', () => checkNative(engines)],
    ['ONNX Runtime', () => checkOnnxRuntime(engines)],
    ['engine (auto)', () => checkAuto(engines)],
  ];
  return (await Promise.all(checks.map(([name, check]) => bounded(name, check)))).flat();
}

async function bounded(subject: string, check: Check): Promise<readonly Finding[]> {
  try {
    const found = Promise.resolve(check());
    if (await within(found, LIMIT_MS)) return await found;
    const detail = `no answer within ${LIMIT_MS / 1_000} s`;
    return [{ subject, verdict: 'lacking', detail, remedy: 'try again; restart what does not answer' }];
  } catch (error) {
    const remedy = 'try again with --verbose';
    return [{ subject, verdict: 'lacking', detail: messageOf(error), remedy }];
  }
}
