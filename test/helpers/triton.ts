import { existsSync } from 'node:fs';
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
