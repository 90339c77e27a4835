import { type Environment, type Finding, lacking, ok, outputOf } from './finding.ts';

const VERSION = 'import sys; print("%d.%d.%d" % sys.version_info[:3])';

/** The Python that environments are built with, whether it can build them, and uv, which builds them faster. */
export async function checkPython(
  environment: Environment,
  platform: NodeJS.Platform = process.platform,
): Promise<readonly Finding[]> {
  const given = environment.TRITON_LOCAL_PYTHON;
  const names = given ? [given] : platform === 'win32' ? ['python', 'py'] : ['python3', 'python'];
  for (const name of names) {
    const version = await outputOf(name, ['-c', VERSION], environment);
    const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
    if (major === 3 && minor >= 8)
      return [ok('Python', `${version} (${name})`), await checkVenv(name, environment)];
  }
  const remedy = 'install Python 3.8 or newer, or name one with --python';
  return [lacking('Python', `none found (${names.join(', ')})`, remedy)];
}

async function checkVenv(python: string, environment: Environment): Promise<Finding> {
  const found = await outputOf(python, ['-c', 'import venv, ensurepip; print("ok")'], environment);
  if (found !== undefined) return ok('venv', `${python} has venv and pip`);
  const remedy = 'install the venv module (sudo apt-get install python3-venv), or uv';
  return lacking('venv', `${python} cannot create environments with pip`, remedy);
}

export async function checkUv(environment: Environment): Promise<readonly Finding[]> {
  const version = await outputOf('uv', ['--version'], environment);
  if (version !== undefined) return [ok('uv', version)];
  return [lacking('uv', 'not installed; pip builds environments, more slowly', 'pip install uv')];
}
