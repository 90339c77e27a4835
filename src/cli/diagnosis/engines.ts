import { describeNative, findOnnxRuntime, planEngines } from '../../emulator/index.ts';
import { type Environment, type Finding, lacking, ok } from './finding.ts';

export interface EngineCheckOptions {
  readonly environment: Environment;
  readonly home: string;
  readonly dockerHost: string | undefined;
  readonly image: string | undefined;
  /** Where onnxruntime-node is looked for before the state folder. */
  readonly searchFrom: readonly string[];
}

/** Finds a `tritonserver` on this machine, and the libraries that it lacks. */
export async function checkNative(
  { environment, home }: EngineCheckOptions,
  platform: NodeJS.Platform = process.platform,
): Promise<readonly Finding[]> {
  const subject = 'native Triton';
  if (platform === 'win32')
    return [lacking(subject, 'there is none for Windows', 'use --engine docker or --engine embedded')];
  const { program, missingLibraries, python } = await describeNative(environment, home);
  if (program === undefined) {
    const remedy = 'triton-local up --engine native --yes installs one (about 0.5 GB)';
    return [lacking(subject, 'no tritonserver on PATH, none installed', remedy)];
  }
  if (missingLibraries.length > 0) {
    const detail = `${program} lacks ${missingLibraries.join(', ')}`;
    return [lacking(subject, detail, 'install the packages that hold these libraries')];
  }
  return [ok(subject, `${program}${python === undefined ? '' : `, Python models on ${python}`}`)];
}

export function checkOnnxRuntime({ home, searchFrom }: EngineCheckOptions): readonly Finding[] {
  const found = findOnnxRuntime(home, searchFrom);
  if (found !== undefined) return [ok('ONNX Runtime', `onnxruntime-node in ${found}`)];
  const detail = 'onnxruntime-node is not installed; the embedded engine fetches it once (about 90 MB)';
  return [lacking('ONNX Runtime', detail, 'npm install --ignore-scripts onnxruntime-node, or let up do it')];
}

/** What `--engine auto` would choose for a model without special needs. */
export async function checkAuto(options: EngineCheckOptions): Promise<readonly Finding[]> {
  const { environment, home, dockerHost, image } = options;
  const [plan] = await planEngines({
    engine: {
      choice: 'auto',
      gpus: environment.TRITON_LOCAL_GPUS || undefined,
      image,
      slimBase: undefined,
      dockerHost,
      tritonserver: environment.TRITON_LOCAL_TRITONSERVER || undefined,
    },
    external: { url: undefined },
    backends: [],
    home,
    environment,
    platform: process.platform,
  });
  return [ok('engine (auto)', `${plan.kind}: ${plan.reason}`)];
}
