import { accessSync, constants, existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';

/** A `tritonserver` program and what has to be said to it so that it finds its parts. */
export interface TritonInstallation {
  readonly program: string;
  /** Where the program's backends are; undefined leaves it to the program. */
  readonly backendDirectory: string | undefined;
  /** Stubs of the Python backend by Python version (`nvidia-pytriton` has several), else undefined. */
  readonly stubDirectory: string | undefined;
  /** For the dynamic linker. */
  readonly libraryDirectories: readonly string[];
  /** The Python of the environment that the program lies in: its packages are what Python models see. */
  readonly python: string | undefined;
}

type Environment = Readonly<Record<string, string>>;

/** The first `tritonserver` on PATH; undefined where there is none, or on Windows, which has no native Triton. */
export function findTritonOnPath(
  environment: Environment,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  if (platform === 'win32') return undefined;
  const folders = (environment.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => path.join(folder, 'tritonserver')).find(isProgram);
}

/** Whether this is a file that may be run. */
export function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * What lies around a program: NVIDIA's layout (`bin`, `lib`, `backends` side by side) or that of the PyPI package
 * `nvidia-pytriton` (the same inside `site-packages/pytriton/tritonserver`, with libraries beside the package).
 */
export function describeInstallation(program: string): TritonInstallation {
  const root = path.dirname(path.dirname(realpathSync(program)));
  const existing = (...places: string[]) => places.filter((place) => existsSync(place));
  const stubs = path.join(root, 'python_backend_stubs');
  const sitePackages = path.dirname(path.dirname(root));
  return {
    program,
    backendDirectory: existing(path.join(root, 'backends'))[0],
    stubDirectory: existing(stubs)[0],
    libraryDirectories: existing(
      path.join(root, 'lib'),
      path.join(root, 'external_libs'),
      path.join(sitePackages, 'nvidia_pytriton.libs'),
    ),
    python: pythonAround(sitePackages),
  };
}

/** Whether ONNX models need something that stands in for the server's own backend. */
export function lacksOnnxRuntime({ backendDirectory }: TritonInstallation): boolean {
  return backendDirectory !== undefined && !existsSync(path.join(backendDirectory, 'onnxruntime'));
}

/** Whether the Python packages beside the server have onnxruntime, which can stand in for that backend. */
export function hasOnnxRuntimePackage({ program, stubDirectory }: TritonInstallation): boolean {
  const sitePackages = path.resolve(path.dirname(realpathSync(program)), '..', '..', '..');
  return stubDirectory !== undefined && existsSync(path.join(sitePackages, 'onnxruntime'));
}

/** `ENV/lib/python3.N/site-packages` belongs to `ENV/bin/python`. */
function pythonAround(sitePackages: string): string | undefined {
  const environment = path.resolve(sitePackages, '..', '..', '..');
  return [path.join(environment, 'bin', 'python'), path.join(environment, 'bin', 'python3')].find(isProgram);
}

/** `tritonserver` inside the environment of this Python, where the package is installed. */
export function findTritonInEnvironment(python: string): string | undefined {
  const lib = path.join(path.dirname(path.dirname(python)), 'lib');
  const versions = existsSync(lib) ? readdirSync(lib).filter((name) => /^python3\.\d+$/.test(name)) : [];
  return versions
    .map((version) => path.join(lib, version, 'site-packages/pytriton/tritonserver/bin/tritonserver'))
    .find(isProgram);
}
