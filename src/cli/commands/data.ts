import { createReadStream } from 'node:fs';
import path from 'node:path';
import { userError } from '../../base/index.ts';
import { homeDirectory } from '../../config/index.ts';
import { formatTable } from '../../ui/index.ts';
import { type CollectedFile, dataDirectory, listCollected } from '../../workspace/index.ts';
import { EXIT } from '../exit-codes.ts';
import { print } from '../print.ts';

export interface DataFlags {
  readonly dir: string | undefined;
  readonly json: boolean;
}

/** `triton-local data [FILE]`: lists what a project's script has collected, or shows one file of it. */
export async function data(file: string | undefined, flags: DataFlags): Promise<number> {
  const projectDir = path.resolve(flags.dir ?? '.');
  const directory = dataDirectory(homeDirectory(), projectDir);
  const files = await listCollected(directory);
  if (file === undefined)
    print(flags.json ? `${JSON.stringify(files, null, 2)}\n` : describe(files, directory));
  else await show(file, files, directory);
  return EXIT.ok;
}

function describe(files: readonly CollectedFile[], directory: string): string {
  if (files.length === 0) {
    return (
      'nothing has been collected; ModelDataCollector is switched on by AML_MODEL_DC_STORAGE_ENABLED=true, ' +
      'Collector by AZUREML_MDC_ENABLED=true (--env)\n'
    );
  }
  const rows = files.map((it) => [String(it.bytes), it.changedAt.toISOString(), it.path]);
  return `${formatTable([['BYTES', 'CHANGED', 'FILE'], ...rows], { right: [0] })}\n\nin ${directory}\n`;
}

/** @throws DATA_NOT_FOUND, DATA_AMBIGUOUS; the end of a path is enough to name a file. */
async function show(name: string, files: readonly CollectedFile[], directory: string): Promise<void> {
  const fitting = files.filter((it) => it.path === name || it.path.endsWith(`/${name}`));
  const [first, ...others] = fitting;
  if (!first) {
    throw userError('DATA_NOT_FOUND', `no file ${name} has been collected`, {
      hint: 'npx triton-local data lists the files',
    });
  }
  if (others.length > 0) {
    throw userError('DATA_AMBIGUOUS', `${fitting.length} files end in ${name}`, {
      hint: `give more of its path: ${fitting.map((it) => it.path).join(', ')}`,
    });
  }
  for await (const chunk of createReadStream(path.join(directory, first.path), 'utf8')) print(chunk);
}
