import { execFile } from 'node:child_process';
import { mkdir, statfs } from 'node:fs/promises';
import net from 'node:net';
import { promisify } from 'node:util';
import { findPortHolder, hasErrno, messageOf, within } from '../base/index.ts';
import { homeDirectory } from '../config/index.ts';
import { cdiSpecs, type DockerDescription, describeDocker } from '../emulator/index.ts';
import { listPrunable } from '../workspace/index.ts';
import { formatBytes } from './byte-text.ts';

/** `problem`: nothing works without it; `lacking`: something optional is not there; `ok`. */
export type Verdict = 'ok' | 'lacking' | 'problem';

export interface Finding {
  readonly subject: string;
  readonly verdict: Verdict;
  readonly detail: string;
  /** What mends it; a command wherever there is one. */
  readonly remedy?: string;
}

type Environment = Readonly<Record<string, string>>;

/** Each check alone; together they run at once, so that the whole takes no longer. */
const LIMIT_MS = 2_500;
/** Since 1.40, Docker 19.03, a container may be given devices such as GPUs. */
const LEAST_API_MINOR = 40;
const LEAST_FREE_BYTES = 2e9;
const PORTS = { 'scoring port': 6789, 'HTTP port': 8000, 'gRPC port': 8001, 'metrics port': 8002 };

export interface DiagnosisOptions {
  readonly environment: Environment;
  /** Node's own version. */
  readonly nodeVersion: string;
  readonly dockerHost: string | undefined;
  readonly image: string | undefined;
}

/** Looks at everything at once; what does not answer in time is a finding as well, so that the whole takes 3 s at most. */
export async function diagnose(options: DiagnosisOptions): Promise<readonly Finding[]> {
  const { environment, nodeVersion, dockerHost, image } = options;
  const docker = describeDocker({ environment, dockerHost, image, limitMs: LIMIT_MS - 200 });
  const driver = readDriver(environment);
  const checks: readonly (readonly [string, Promise<readonly Finding[]>])[] = [
    ['Node.js', Promise.resolve([checkNode(nodeVersion)])],
    ['disk', checkDisk(homeDirectory(environment))],
    ['Python', checkPython(environment)],
    ...Object.entries(PORTS).map(([name, port]) => [name, checkPort(name, port)] as const),
    ['Docker', docker.then(dockerFindings)],
    ['GPU driver', driver.then((it) => [driverFinding(it)])],
    ['GPU in Docker', gpuFindings(docker, driver)],
  ];
  return (await Promise.all(checks.map(([name, check]) => bounded(name, check)))).flat();
}

async function bounded(subject: string, check: Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    if (await within(check, LIMIT_MS)) return await check;
    const detail = `no answer within ${LIMIT_MS / 1_000} s`;
    return [{ subject, verdict: 'lacking', detail, remedy: 'look again; restart what stays silent' }];
  } catch (error) {
    const remedy = 'look again with --verbose';
    return [{ subject, verdict: 'lacking', detail: messageOf(error), remedy }];
  }
}

function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19))
    return { subject: 'Node.js', verdict: 'ok', detail: version };
  const remedy = 'install a current one from https://nodejs.org, or: nvm install --lts';
  return { subject: 'Node.js', verdict: 'problem', detail: `${version}, and 20.19 is needed`, remedy };
}

async function checkDisk(home: string): Promise<readonly Finding[]> {
  try {
    await mkdir(home, { recursive: true });
    const { bavail, bsize } = await statfs(home);
    const free = bavail * bsize;
    const detail = `${gigabytes(free)} free for ${home}${await stateSize(home)}`;
    if (free >= LEAST_FREE_BYTES) return [{ subject: 'disk', verdict: 'ok', detail }];
    const remedy = 'free some space, or move the state with TRITON_LOCAL_HOME';
    return [{ subject: 'disk', verdict: 'problem', detail, remedy }];
  } catch (error) {
    const detail = `${home} cannot be written: ${messageOf(error)}`;
    const remedy = 'name a folder of your own in TRITON_LOCAL_HOME';
    return [{ subject: 'disk', verdict: 'problem', detail, remedy }];
  }
}

/** What has accumulated in the state folder; left out where measuring it takes too long. */
async function stateSize(home: string): Promise<string> {
  const measuring = listPrunable(home);
  if (!(await within(measuring, LIMIT_MS - 500))) return '';
  const items = (await measuring).filter(({ kind }) => kind !== 'data');
  const sizeOf = (some: typeof items) => formatBytes(some.reduce((sum, { bytes }) => sum + bytes, 0));
  const unused = items.filter(({ inUse }) => !inUse);
  return `; ${sizeOf(items)} used there, of which triton-local prune frees up to ${sizeOf(unused)}`;
}

async function checkPython(environment: Environment): Promise<readonly Finding[]> {
  const given = environment.TRITON_LOCAL_PYTHON;
  const names = given ? [given] : process.platform === 'win32' ? ['python', 'py'] : ['python3', 'python'];
  for (const name of names) {
    const said = await outputOf(
      name,
      ['-c', 'import sys; print("%d.%d.%d" % sys.version_info[:3])'],
      environment,
    );
    const [major = 0, minor = 0] = (said ?? '').split('.').map(Number);
    if (major === 3 && minor >= 8) {
      return [{ subject: 'Python', verdict: 'ok', detail: `${said?.trim()} (${name})` }];
    }
  }
  const remedy = 'install Python 3.8 or newer, or name one with --python';
  return [{ subject: 'Python', verdict: 'lacking', detail: `none found (${names.join(', ')})`, remedy }];
}

async function checkPort(subject: string, port: number): Promise<readonly Finding[]> {
  const problem = await new Promise<Error | undefined>((resolve) => {
    const server = net.createServer();
    server.once('error', resolve);
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
  if (!problem) return [{ subject, verdict: 'ok', detail: `${port} is free` }];
  const isTaken = hasErrno(problem, 'EADDRINUSE');
  const holder = isTaken ? await findPortHolder(port) : undefined;
  const by = holder ? ` by ${holder.command} (process ${holder.pid})` : '';
  const detail = isTaken ? `${port} is taken${by}` : `${port} is refused: ${problem.message}`;
  return [{ subject, verdict: 'lacking', detail, remedy: 'end that process, or choose another port' }];
}

function dockerFindings(found: DockerDescription): readonly Finding[] {
  const { endpoint, server, attempts, image, problem, remedy } = found;
  if (!endpoint || !server || problem) {
    const tried = attempts.filter((it) => it.outcome !== 'no such socket');
    const list = tried.map((it) => `${it.origin} ${it.url}: ${it.outcome}`).join('; ');
    const detail = `${problem ?? 'not usable'}${list && ` (${list})`}`;
    return [{ subject: 'Docker', verdict: 'lacking', detail, ...(remedy && { remedy }) }];
  }
  const { product, version, apiVersion, platform } = server;
  const detail = `${product} ${version}, API ${apiVersion}, ${platform}, at ${endpoint.url} (${endpoint.origin})`;
  if (Number(apiVersion.split('.')[1]) >= LEAST_API_MINOR || !apiVersion.startsWith('1.'))
    return [{ subject: 'Docker', verdict: 'ok', detail }, imageFinding(image)];
  const update = 'update it: GPUs need Docker 19.03, whose API is 1.40, or newer';
  return [{ subject: 'Docker', verdict: 'lacking', detail, remedy: update }, imageFinding(image)];
}

function imageFinding({ reference, bytes, present, howToObtain }: DockerDescription['image']): Finding {
  const subject = 'Triton image';
  if (present) return { subject, verdict: 'ok', detail: `${reference}, ${gigabytes(bytes ?? 0)}` };
  const detail = `${reference} is not on this machine`;
  return { subject, verdict: 'lacking', detail, remedy: howToObtain };
}

/** Lines `name, driver version` of the GPUs; undefined where there is no driver. */
async function readDriver(environment: Environment): Promise<readonly string[] | undefined> {
  const query = ['--query-gpu=name,driver_version', '--format=csv,noheader'];
  const said = await outputOf('nvidia-smi', query, environment);
  return said?.split('\n').filter((line) => line.trim() !== '');
}

function driverFinding(gpus: readonly string[] | undefined): Finding {
  const subject = 'GPU driver';
  if (gpus && gpus.length > 0) return { subject, verdict: 'ok', detail: gpus.join('; ') };
  const detail = 'nvidia-smi finds no GPU here; models run on the CPU';
  if (process.platform === 'darwin') return { subject, verdict: 'lacking', detail };
  const remedy = 'where there is an NVIDIA GPU, install its driver';
  return { subject, verdict: 'lacking', detail, remedy };
}

async function gpuFindings(
  docker: Promise<DockerDescription>,
  driver: Promise<readonly string[] | undefined>,
): Promise<readonly Finding[]> {
  const subject = 'GPU in Docker';
  const [{ endpoint, gpu }, gpus, specs] = await Promise.all([docker, driver, cdiSpecs()]);
  if (!endpoint) return [];
  if (gpu === 'runtime') return [{ subject, verdict: 'ok', detail: "NVIDIA's container runtime" }];
  if (gpu === 'cdi') return [{ subject, verdict: 'ok', detail: 'Container Device Interface' }];
  const specification = specs.length > 0 ? ` (there is a CDI specification: ${specs.join(', ')})` : '';
  const detail = `the daemon has neither NVIDIA's runtime nor CDI devices${specification}`;
  const remedy =
    'sudo apt-get install nvidia-container-toolkit && sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker';
  return [{ subject, verdict: 'lacking', detail, ...(gpus && { remedy }) }];
}

/** What a program printed; undefined where it is missing, failed or took too long. */
async function outputOf(
  command: string,
  args: readonly string[],
  environment: Environment,
): Promise<string | undefined> {
  try {
    const limits = { timeout: LIMIT_MS - 300, env: environment, windowsHide: true };
    return (await promisify(execFile)(command, args, limits)).stdout.trim();
  } catch {
    return undefined;
  }
}

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(bytes < 1e10 ? 1 : 0)} GB`;
