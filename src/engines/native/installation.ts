import { accessSync, constants, existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';

/** A `tritonserver` program and where its parts are. */
export interface TritonInstallation {
  readonly program: string;
  /** The folder of its backends; undefined for the program's default. */
  readonly backendDirectory: string | undefined;
  /** The folder of the Python backend's stubs by Python version, if there are several, as in `nvidia-pytriton`. */
  readonly stubDirectory: string | undefined;
  /** Search path for the dynamic linker. */
  readonly libraryDirectories: readonly string[];
  /** The Python of the environment that contains the program, whose packages Python models see. */
  readonly python: string | undefined;
}

type Environment = Readonly<Record<string, string>>;

/** The first `tritonserver` on PATH; undefined if there is none, or on Windows, which has no native Triton. */
export function findTritonOnPath(
  environment: Environment,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  if (platform === 'win32') return undefined;
  const folders = (environment.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => path.join(folder, 'tritonserver')).find(isProgram);
}

/** Whether this is an executable file. */
export function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * Describes the installation of a program: NVIDIA's layout (`bin`, `lib` and `backends` side by side) or that of the PyPI
 * package `nvidia-pytriton` (the same in `site-packages/pytriton/tritonserver`, with libraries next to the package).
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

/** Whether the server lacks the ONNX Runtime backend. */
export function lacksOnnxRuntime({ backendDirectory }: TritonInstallation): boolean {
  return backendDirectory !== undefined && !existsSync(path.join(backendDirectory, 'onnxruntime'));
}

/** Whether the server's Python packages include onnxruntime, which can replace that backend. */
export function hasOnnxRuntimePackage({ program, stubDirectory }: TritonInstallation): boolean {
  const sitePackages = path.resolve(path.dirname(realpathSync(program)), '..', '..', '..');
  return stubDirectory !== undefined && existsSync(path.join(sitePackages, 'onnxruntime'));
}

/** `ENV/lib/python3.N/site-packages` belongs to `ENV/bin/python`. */
function pythonAround(sitePackages: string): string | undefined {
  const environment = path.resolve(sitePackages, '..', '..', '..');
  return [path.join(environment, 'bin', 'python'), path.join(environment, 'bin', 'python3')].find(isProgram);
}

/** The `tritonserver` in the environment of this Python, if the package is installed there. */
export function findTritonInEnvironment(python: string): string | undefined {
  const lib = path.join(path.dirname(path.dirname(python)), 'lib');
  const versions = existsSync(lib) ? readdirSync(lib).filter((name) => /^python3\.\d+$/.test(name)) : [];
  return versions
    .map((version) => path.join(lib, version, 'site-packages/pytriton/tritonserver/bin/tritonserver'))
    .find(isProgram);
}
