import { mkdir, readdir, readFile, statfs } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import path from 'node:path';
import { messageOf, within } from '../../base/index.ts';
import { unknownVariables } from '../../config/index.ts';
import { listPrunable, openWorkspace } from '../../workspace/index.ts';
import { formatBytes } from '../byte-text.ts';
import {
  type Environment,
  type Finding,
  gigabytes,
  LIMIT_MS,
  lacking,
  ok,
  outputOf,
  problem,
} from './finding.ts';

const LEAST_FREE_BYTES = 2e9;
const LEAST_MEMORY_BYTES = 2e9;
/** Shared memory that one Python model of Triton may use; Docker gives a container 64 MB. */
const LEAST_SHARED_MEMORY_BYTES = 128e6;
const LEAST_WATCHES = 8_192;

export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return ok('Node.js', version);
  const remedy = 'install a current one from https://nodejs.org, or: nvm install --lts';
  return problem('Node.js', `${version}, and 20.19 is needed`, remedy);
}

/** npm installs onnxruntime-node if a project does not have it. */
export async function checkNpm(
  environment: Environment,
  platform: NodeJS.Platform = process.platform,
  ask: typeof outputOf = outputOf,
): Promise<readonly Finding[]> {
  if (environment.npm_execpath) return [ok('npm', environment.npm_execpath)];
  // On Windows, npm is a script, which Node can start only through a shell.
  const version =
    platform === 'win32'
      ? await ask('cmd.exe', ['/d', '/s', '/c', 'npm --version'], environment)
      : await ask('npm', ['--version'], environment);
  if (version !== undefined) return [ok('npm', version)];
  return [lacking('npm', 'not on PATH; it installs onnxruntime-node', 'install it with Node.js')];
}

export async function checkDisk(home: string): Promise<readonly Finding[]> {
  try {
    await mkdir(home, { recursive: true });
    const { bavail, bsize } = await statfs(home);
    const free = bavail * bsize;
    const detail = `${gigabytes(free)} free for ${home}${await stateSize(home)}`;
    if (free >= LEAST_FREE_BYTES) return [ok('disk', detail)];
    return [problem('disk', detail, 'free some space, or move the state with TRITON_LOCAL_HOME')];
  } catch (error) {
    const detail = `${home} cannot be written: ${messageOf(error)}`;
    return [problem('disk', detail, 'set TRITON_LOCAL_HOME to a folder that you may write to')];
  }
}

/** What has accumulated in the state folder; omitted if measuring it takes too long. */
async function stateSize(home: string): Promise<string> {
  const measuring = listPrunable(home);
  if (!(await within(measuring, LIMIT_MS - 500))) return '';
  const items = (await measuring).filter(({ kind }) => kind !== 'data');
  const sizeOf = (some: typeof items) => formatBytes(some.reduce((sum, { bytes }) => sum + bytes, 0));
  const unused = items.filter(({ inUse }) => !inUse);
  return `; ${sizeOf(items)} used there, of which triton-local prune frees up to ${sizeOf(unused)}`;
}

/** The memory of this machine or container. */
export async function checkMemory(): Promise<readonly Finding[]> {
  const limit = await firstNumber([
    '/sys/fs/cgroup/memory.max',
    '/sys/fs/cgroup/memory/memory.limit_in_bytes',
  ]);
  const isLimited = limit !== undefined && limit < totalmem();
  const bytes = isLimited ? limit : totalmem();
  const detail = `${gigabytes(bytes)}${isLimited ? ', a limit of this container' : ''}, ${availableParallelism()} cores`;
  if (bytes >= LEAST_MEMORY_BYTES) return [ok('memory', detail)];
  return [lacking('memory', detail, 'large models need more: raise the limit of the container')];
}

/** Triton's Python models exchange tensors through it. */
export async function checkSharedMemory(
  platform: NodeJS.Platform = process.platform,
): Promise<readonly Finding[]> {
  if (platform !== 'linux') return [];
  const { blocks, bsize } = await statfs('/dev/shm');
  const bytes = blocks * bsize;
  if (bytes >= LEAST_SHARED_MEMORY_BYTES) return [ok('shared memory', `${gigabytes(bytes)} at /dev/shm`)];
  const detail = `${Math.round(bytes / 1e6)} MB at /dev/shm; Triton's Python models need more`;
  return [lacking('shared memory', detail, 'start this container with --shm-size=1g')];
}

/** How many folders may be watched for changes. */
export async function checkWatching(
  platform: NodeJS.Platform = process.platform,
): Promise<readonly Finding[]> {
  if (platform !== 'linux') return [];
  const watches = await firstNumber(['/proc/sys/fs/inotify/max_user_watches']);
  const instances = await firstNumber(['/proc/sys/fs/inotify/max_user_instances']);
  if (watches === undefined || instances === undefined)
    return [lacking('file watching', 'the limits of inotify cannot be read; changes are found by scanning')];
  const detail = `${watches} watches, ${instances} instances (inotify)`;
  if (watches >= LEAST_WATCHES) return [ok('file watching', detail)];
  const remedy = 'sudo sysctl fs.inotify.max_user_watches=524288 (until then, changes are found by scanning)';
  return [lacking('file watching', detail, remedy)];
}

/** A proxy must not be used for this machine's own addresses. */
export function checkProxies(environment: Environment): readonly Finding[] {
  const read = (name: string) => environment[name] || environment[name.toUpperCase()];
  const proxies = ['http_proxy', 'https_proxy', 'all_proxy'].filter(read);
  if (proxies.length === 0) return [ok('proxy', 'none set')];
  const bypassed = (read('no_proxy') ?? '').split(/[\s,]+/);
  const detail = proxies.map((name) => `${name}=${withoutPassword(read(name) ?? '')}`).join(', ');
  if (bypassed.includes('*') || (bypassed.includes('localhost') && bypassed.includes('127.0.0.1')))
    return [ok('proxy', `${detail}; not for this machine`)];
  const remedy = 'export NO_PROXY=localhost,127.0.0.1,::1 so that clients reach this machine directly';
  return [lacking('proxy', `${detail}; clients may ask it for localhost`, remedy)];
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//***@');
}

export function checkVariables(environment: Environment): readonly Finding[] {
  const unknown = unknownVariables(environment);
  if (unknown.length === 0) return [ok('variables', 'every TRITON_LOCAL_* variable is known')];
  return [lacking('variables', unknown.join('; '), 'correct or unset them')];
}

/** Running emulators, and folders of killed ones. */
export async function checkInstances(home: string): Promise<readonly Finding[]> {
  const running = await (await openWorkspace(home)).list();
  const entries = await readdir(path.join(home, 'instances'), { withFileTypes: true }).catch(() => []);
  const left = entries.filter((entry) => entry.isDirectory()).length - running.length;
  const list = running.map(({ pid, projectDir }) => `${projectDir} (process ${pid})`).join(', ');
  const detail = running.length === 0 ? 'no emulator is running' : list;
  if (left <= 0) return [ok('emulators', detail)];
  const kept = `${left} ${left === 1 ? 'folder' : 'folders'} of emulators that are starting or were killed`;
  return [lacking('emulators', `${detail}; ${kept}`, 'the next up removes what is left of killed ones')];
}

async function firstNumber(files: readonly string[]): Promise<number | undefined> {
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (/^\d+\s*$/.test(text)) return Number(text);
  }
  return undefined;
}
