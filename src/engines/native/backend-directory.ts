import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { systemError } from '../../base/index.ts';
import type { TritonInstallation } from './installation.ts';

/** What a Python says about itself that the Python backend's stub, which embeds it, has to know. */
export interface PythonFacts {
  /** Such as `3.11`. */
  readonly version: string;
  /** Where its `libpython` is. */
  readonly libraryDirectory: string;
  /** Of numpy; undefined where it is missing. */
  readonly numpy: string | undefined;
  readonly hasOnnxRuntime: boolean;
}

const TELL = `
import importlib.metadata as m, importlib.util, json, sys, sysconfig
try: numpy = m.version("numpy")
except m.PackageNotFoundError: numpy = None
print(json.dumps({"version": "%d.%d" % sys.version_info[:2], "numpy": numpy,
  "libraryDirectory": sysconfig.get_config_var("LIBDIR") or "",
  "hasOnnxRuntime": importlib.util.find_spec("onnxruntime") is not None}))
`;

/** Asks the Python. @throws PYTHON_MISSING when it does not run */
export async function askPython(
  python: string,
  environment: Readonly<Record<string, string>>,
): Promise<PythonFacts> {
  try {
    const { stdout } = await promisify(execFile)(python, ['-c', TELL], {
      env: environment,
      timeout: 20_000,
      windowsHide: true,
    });
    const told = JSON.parse(stdout) as PythonFacts & { numpy: string | null };
    return { ...told, numpy: told.numpy ?? undefined };
  } catch (error) {
    throw systemError('PYTHON_MISSING', `the Python for Triton's Python models does not run: ${python}`, {
      cause: error,
    });
  }
}

/**
 * A backend directory with links to the installation's backends and, in that of Python, the stub of the version that
 * is there: `nvidia-pytriton` ships several and leaves the choice to its user.
 * @throws TRITON_STUB_MISSING when the package has none for this Python
 */
export async function layBackendDirectory(
  installation: TritonInstallation,
  pythonVersion: string,
  directory: string,
): Promise<string> {
  const { backendDirectory = '', stubDirectory = '' } = installation;
  const stub = path.join(stubDirectory, pythonVersion, 'triton_python_backend_stub');
  if (!existsSync(stub)) {
    const known = (await readdir(stubDirectory)).sort().join(', ');
    throw systemError(
      'TRITON_STUB_MISSING',
      `this tritonserver runs Python models on Python ${known}, not ${pythonVersion}`,
      { hint: 'install it into an environment of one of these versions, or use --engine embedded' },
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
