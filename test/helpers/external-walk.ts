import { mkdir, rm, writeFile } from 'node:fs/promises';
import { resolveProject } from '../../src/config/index.ts';
import { createEmulator } from '../../src/emulator/index.ts';
import type { EmulatorEvent } from '../../src/events/index.ts';
import type { TempFolder } from './temp-project.ts';

const CONFIG =
  'backend: "python"\ninput [ { name: "x" data_type: TYPE_FP32 dims: [ 4 ] } ]\noutput [ { name: "y" data_type: TYPE_FP32 dims: [ 4 ] } ]\n';

/**
 * Uses an emulator with an external Triton as a user does: start, save a model, add one, delete one, reload all, reload
 * one by name, stop. The project has models of the names `adder` and `other`.
 * @returns its events, and the result of the reload by name
 */
export async function walkOnExternal(
  folder: TempFolder,
  tritonUrl: string,
): Promise<{ readonly lines: readonly string[]; readonly named: unknown }> {
  const model = (name: string) => folder.path('project/models', name);
  for (const name of ['adder', 'other']) {
    await mkdir(`${model(name)}/1`, { recursive: true });
    await writeFile(`${model(name)}/config.pbtxt`, CONFIG);
    await writeFile(`${model(name)}/1/model.py`, '# 1\n');
  }
  const options = {
    directory: folder.path('project'),
    flags: { tritonUrl, httpPort: '0', port: '0', models: folder.path('project/models') },
    variables: { HOME: folder.directory, PATH: '/nowhere', TRITON_LOCAL_HOME: folder.path('home') },
  };
  const config = await resolveProject(options);
  const emulator = createEmulator({ config, resolve: () => resolveProject(options), runtimePaths: [] });
  const seen: EmulatorEvent[] = [];
  emulator.control.subscribe((event) => seen.push(event));
  const lines = () => seen.flatMap((event) => (event.type === 'log.line' ? [event.text] : []));
  const told = async (pattern: RegExp) => {
    for (let tries = 0; !lines().some((line) => pattern.test(line)); tries += 1) {
      if (tries === 1_000) throw new Error(`nothing like ${pattern} in:\n${lines().join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const running = await emulator.start(new AbortController().signal);
  try {
    await writeFile(`${model('adder')}/1/model.py`, '# 2\n');
    await told(/changed here: adder/);
    await rm(model('adder'), { recursive: true });
    await mkdir(`${model('third')}/1`, { recursive: true });
    await writeFile(`${model('third')}/1/model.py`, '# 1\n');
    await writeFile(`${model('third')}/config.pbtxt`, CONFIG);
    await told(/changed here: .*third/);
    await emulator.control.reload();
    const named = await emulator.control.reload('other').catch((error: unknown) => error);
    return { lines: lines(), named };
  } finally {
    await emulator.control.stop('test');
    await running.stopped;
  }
}

/** Whether a request of the protocol changes nothing: the index is requested by POST, everything else by GET. */
export function isReadOnly(request: string): boolean {
  return /^(?:GET|HEAD) /.test(request) || request === 'POST /v2/repository/index';
}
