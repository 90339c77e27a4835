import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * A real `tritonserver`, named by TRITON_LOCAL_TEST_TRITON: the program, or the Python of an environment that has
 * `nvidia-pytriton` with numpy below 2. Undefined if there is none.
 */
export const realTriton: string | undefined = locate(process.env.TRITON_LOCAL_TEST_TRITON);

function locate(given: string | undefined): string | undefined {
  if (!given) return undefined;
  if (!/python[\d.]*$/.test(given)) return given;
  const lib = path.join(path.dirname(path.dirname(given)), 'lib');
  return ['3.8', '3.9', '3.10', '3.11', '3.12', '3.13']
    .map((version) =>
      path.join(lib, `python${version}`, 'site-packages/pytriton/tritonserver/bin/tritonserver'),
    )
    .find((program) => existsSync(program));
}

/** Printed once per file that needs it, so that missing tests are not mistaken for passed ones. */
export function skipLoudly(what: string): void {
  process.stderr.write(
    `\nSKIPPED: ${what} needs a real tritonserver: set TRITON_LOCAL_TEST_TRITON to one, ` +
      'or to the python of an environment with nvidia-pytriton\n',
  );
}

/**
 * A copy of that server, using links where possible, whose Python stubs need a `libpython` that no machine has.
 * @returns its program
 */
export async function tritonWithoutLibpython(program: string, directory: string): Promise<string> {
  const copy = await copyOfTriton(program, directory);
  const stubs = path.resolve(copy, '../../python_backend_stubs');
  for (const version of await readdir(stubs)) {
    const stub = path.join(stubs, version, 'triton_python_backend_stub');
    const wanting = (await readFile(stub, 'latin1')).replaceAll(/(libpython3\.\d+\.so\.)1\.0/g, '$19.9');
    await writeFile(stub, wanting, 'latin1');
  }
  return copy;
}

/** A copy that has no `onnxruntime` beside it, so that it reads its model repository itself. @returns its program */
export function tritonWithoutOnnxRuntime(program: string, directory: string): Promise<string> {
  return copyOfTriton(program, directory, 'onnxruntime');
}

async function copyOfTriton(program: string, directory: string, ...left: readonly string[]): Promise<string> {
  const server = path.dirname(path.dirname(program));
  const [packages, environment] = [path.resolve(server, '../..'), path.resolve(server, '../../../../..')];
  const copy = path.join(directory, path.relative(environment, server));
  await linkAllBut(packages, path.resolve(copy, '../..'), 'pytriton', ...left);
  await linkAllBut(path.dirname(server), path.dirname(copy), 'tritonserver');
  await linkAllBut(server, copy, 'bin', 'python_backend_stubs');
  await linkAllBut(path.join(environment, 'bin'), path.join(directory, 'bin'));
  await cp(path.join(environment, 'pyvenv.cfg'), path.join(directory, 'pyvenv.cfg'));
  // The program is found by its real place.
  for (const folder of ['bin', 'python_backend_stubs'])
    await cp(path.join(server, folder), path.join(copy, folder), { recursive: true });
  return path.join(copy, 'bin/tritonserver');
}

async function linkAllBut(from: string, to: string, ...others: readonly string[]): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from)) {
    if (!others.includes(entry)) await symlink(path.join(from, entry), path.join(to, entry));
  }
}
