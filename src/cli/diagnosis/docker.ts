import { cdiSpecs, type DockerDescription } from '../../emulator/index.ts';
import { type Environment, type Finding, gigabytes, outputOf } from './finding.ts';

/** From API 1.40 (Docker 19.03) on, containers can be given devices such as GPUs. */
const LEAST_API_MINOR = 40;

export function dockerFindings(found: DockerDescription): readonly Finding[] {
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

/** A line `name, driver version` for each GPU; undefined without a driver. */
export async function readDriver(environment: Environment): Promise<readonly string[] | undefined> {
  const query = ['--query-gpu=name,driver_version', '--format=csv,noheader'];
  const said = await outputOf('nvidia-smi', query, environment);
  return said?.split('\n').filter((line) => line.trim() !== '');
}

export function driverFinding(
  gpus: readonly string[] | undefined,
  platform: NodeJS.Platform = process.platform,
): Finding {
  const subject = 'GPU driver';
  if (gpus && gpus.length > 0) return { subject, verdict: 'ok', detail: gpus.join('; ') };
  const detail = 'nvidia-smi finds no GPU here; models run on the CPU';
  if (platform === 'darwin') return { subject, verdict: 'lacking', detail };
  const remedy = 'if there is an NVIDIA GPU, install its driver';
  return { subject, verdict: 'lacking', detail, remedy };
}

export async function gpuFindings(
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
