import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * A real `tritonserver`, named by TRITON_LOCAL_TEST_TRITON: the program, or the Python of an environment that has
 * `nvidia-pytriton` with numpy below 2. Undefined where there is none.
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

/** Said once a file that needs it, so that nobody takes the missing tests for passed ones. */
export function skipLoudly(what: string): void {
  process.stderr.write(
    `\nSKIPPED: ${what} needs a real tritonserver: set TRITON_LOCAL_TEST_TRITON to one, ` +
      'or to the python of an environment with nvidia-pytriton\n',
  );
}

/**
 * A copy of that server, of links where they do, whose Python stubs want a `libpython` that no machine has.
 * @returns its program
 */
export async function tritonWithoutLibpython(program: string, directory: string): Promise<string> {
  const server = path.dirname(path.dirname(program));
  const inside = path.relative(path.resolve(server, '../../../../..'), server);
  const copy = path.join(directory, inside);
  await linkAllBut(path.resolve(server, '../..'), path.resolve(copy, '../..'), 'pytriton');
  await linkAllBut(path.resolve(server, '..'), path.resolve(copy, '..'), 'tritonserver');
  await linkAllBut(server, copy, 'bin', 'python_backend_stubs');
  const environment = path.resolve(server, '../../../../..');
  await cp(path.join(environment, 'pyvenv.cfg'), path.join(directory, 'pyvenv.cfg'));
  await linkAllBut(path.join(environment, 'bin'), path.join(directory, 'bin'));
  // The program is found by its real place.
  await mkdir(path.join(copy, 'bin'));
  await cp(program, path.join(copy, 'bin/tritonserver'));
  for (const version of await readdir(path.join(server, 'python_backend_stubs'))) {
    const stub = path.join('python_backend_stubs', version, 'triton_python_backend_stub');
    const content = (await readFile(path.join(server, stub))).toString('latin1');
    await mkdir(path.dirname(path.join(copy, stub)), { recursive: true });
    const wanting = content.replaceAll(/(libpython3\.\d+\.so\.)1\.0/g, '$19.9');
    await writeFile(path.join(copy, stub), wanting, { encoding: 'latin1', mode: 0o755 });
  }
  return path.join(copy, 'bin/tritonserver');
}

async function linkAllBut(from: string, to: string, ...others: readonly string[]): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from)) {
    if (!others.includes(entry)) await symlink(path.join(from, entry), path.join(to, entry));
  }
}
