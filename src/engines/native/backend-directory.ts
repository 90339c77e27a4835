import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { systemError } from '../../base/index.ts';
import type { TritonInstallation } from './installation.ts';

/** The facts about a Python that the Python backend's stub, which embeds it, needs. */
export interface PythonFacts {
  /** Such as `3.11`. */
  readonly version: string;
  /** The folder of its `libpython`. */
  readonly libraryDirectory: string;
  /** Version of numpy; undefined if it is not installed. */
  readonly numpy: string | undefined;
  readonly hasOnnxRuntime: boolean;
}

const DESCRIBE = `
import importlib.metadata as m, importlib.util, json, sys, sysconfig
try: numpy = m.version("numpy")
except m.PackageNotFoundError: numpy = None
print(json.dumps({"version": "%d.%d" % sys.version_info[:2], "numpy": numpy,
  "libraryDirectory": sysconfig.get_config_var("LIBDIR") or "",
  "hasOnnxRuntime": importlib.util.find_spec("onnxruntime") is not None}))
`;

/** Runs the Python to find out. @throws PYTHON_MISSING if it does not run */
export async function askPython(
  python: string,
  environment: Readonly<Record<string, string>>,
): Promise<PythonFacts> {
  try {
    const { stdout } = await execa(python, ['-c', DESCRIBE], {
      env: environment,
      extendEnv: false,
      timeout: 20_000,
    });
    const facts = JSON.parse(stdout) as PythonFacts & { numpy: string | null };
    return { ...facts, numpy: facts.numpy ?? undefined };
  } catch (error) {
    throw systemError('PYTHON_MISSING', `the Python for Triton's Python models does not run: ${python}`, {
      cause: error,
    });
  }
}

/**
 * Makes a backend directory with links to the installation's backends. Its Python backend gets the stub for this
 * Python version: `nvidia-pytriton` ships several and leaves the choice to its user.
 * @throws TRITON_STUB_MISSING if the package has no stub for this Python
 */
export async function makeBackendDirectory(
  installation: TritonInstallation,
  pythonVersion: string,
  directory: string,
): Promise<string> {
  const { backendDirectory = '', stubDirectory = '' } = installation;
  const stub = path.join(stubDirectory, pythonVersion, 'triton_python_backend_stub');
  if (!existsSync(stub)) {
    const supported = (await readdir(stubDirectory)).sort().join(', ');
    throw systemError(
      'TRITON_STUB_MISSING',
      `this tritonserver runs Python models on Python ${supported}, not ${pythonVersion}`,
      { hint: 'install it into an environment with one of these versions, or use --engine embedded' },
    );
  }
  await rm(directory, { recursive: true, force: true });
  await mkdir(path.join(directory, 'python'), { recursive: true });
  for (const backend of await readdir(backendDirectory)) {
    if (backend !== 'python')
      await symlink(path.join(backendDirectory, backend), path.join(directory, backend));
  }
  const python = path.join(backendDirectory, 'python');
  for (const file of await readdir(python)) {
    if (file !== '__pycache__') await symlink(path.join(python, file), path.join(directory, 'python', file));
  }
  await rm(path.join(directory, 'python', path.basename(stub)), { force: true });
  await symlink(stub, path.join(directory, 'python', path.basename(stub)));
  return directory;
}
