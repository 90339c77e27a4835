import { readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { blocksOf } from '../../.dev/markdown.mjs';
import { checkoutCli, childEnvironment } from '../helpers/emulator-process.ts';
import { freePort } from '../helpers/free-port.ts';
import { processesWithHome } from '../helpers/leftovers.ts';
import { peerPython } from '../helpers/python.ts';
import { Shell } from '../helpers/shell.ts';
import { repositoryRoot, TempFolder } from '../helpers/temp-project.ts';

// Every ```console block of README.md and docs is run in the order of its page, as a reader would, in a folder that
// holds a copy of sample-models and the page's Python programs: those that begin with a comment of their file's name. What
// a block shows of the output must be printed, whatever the numbers in it. Blocks that need a cloud, a daemon or minutes
// say so in a comment before them.

interface Step {
  readonly command: string;
  /** The lines that the page shows. */
  readonly shown: readonly string[];
}

interface Program {
  readonly name: string;
  readonly text: string;
}

const pages = [
  'README.md',
  ...readdirSync(path.join(repositoryRoot, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.posix.join('docs', name.replaceAll(path.sep, '/'))),
].map((page) => ({
  page,
  text: readFileSync(path.join(repositoryRoot, page), 'utf8'),
}));
const runnable = pages
  .map(({ page, text }) => ({
    page,
    programs: programsOf(text),
    steps: blocksOf(text, 'console')
      .filter(({ notRun }) => notRun === undefined)
      .flatMap(({ text }) => stepsOf(text)),
  }))
  .filter(({ steps }) => steps.length > 0);

const LIMIT_MS = 60_000;

describe.skipIf(!peerPython || process.platform === 'win32')('the console blocks', () => {
  it.each(runnable)('of $page run, and print what it shows', async ({ steps, programs }) => {
    await using reader = await Reader.create();
    for (const program of programs) await reader.save(program);
    for (const step of steps) await reader.follow(step);
  });
});

it('are there, on more than one page', () => {
  expect(runnable.length).toBeGreaterThan(3);
});

/** Somebody with a terminal, in a folder with sample-models and ports of their own. */
class Reader implements AsyncDisposable {
  private constructor(
    readonly folder: TempFolder,
    readonly shell: Shell,
    /** Free ports in place of those that the pages name. */
    readonly ports: Readonly<Record<string, number>>,
  ) {}

  static async create(): Promise<Reader> {
    const folder = await TempFolder.create('triton-local-docs-');
    await Promise.all(['bin', 'tmp'].map((name) => mkdir(folder.path(name))));
    await cp(path.join(repositoryRoot, 'sample-models'), folder.path('sample-models'), { recursive: true });
    const [node, cli] = checkoutCli;
    await writeFile(folder.path('bin/npx'), `#!/bin/sh\nshift\nexec "${node}" "${cli}" "$@"\n`, {
      mode: 0o755,
    });
    const ports = { 6789: await freePort(), 8000: await freePort(), 8001: await freePort() };
    const env = {
      ...childEnvironment(folder.path('home'), folder.path('tmp')),
      PATH: `${folder.path('bin')}:${path.dirname(peerPython ?? '')}:${process.env.PATH}`,
      TRITON_LOCAL_ENGINE: 'embedded',
      TRITON_LOCAL_PORT: String(ports[6789]),
      TRITON_LOCAL_HTTP_PORT: String(ports[8000]),
      TRITON_LOCAL_GRPC_PORT: String(ports[8001]),
      TRITON_LOCAL_METRICS_PORT: '0',
    };
    return new Reader(folder, new Shell({ cwd: folder.directory, env }), ports);
  }

  /** Writes a program of the page into the folder. */
  async save({ name, text }: Program): Promise<void> {
    await writeFile(this.folder.path(name), this.#withPorts(text));
  }

  #withPorts(text: string): string {
    return text.replace(/\b(6789|8000|8001)\b/g, (port) => String(this.ports[port]));
  }

  async follow({ command, shown }: Step): Promise<void> {
    const typed = this.#withPorts(command);
    if (/^npx triton-local up\b(?!.* (-d|--detach)\b)/.test(command))
      return this.shell.start(typed, LIMIT_MS, (output) => missingLine(output, shown) === undefined);
    // What changes by itself, such as a reload, may need another look.
    const mayRepeat = /^curl|triton-local (status|ps)\b/.test(command);
    const deadline = Date.now() + (mayRepeat ? 15_000 : 0);
    for (;;) {
      const { output, status } = await this.shell.run(typed, LIMIT_MS);
      const missing = missingLine(output, shown);
      if (status === 0 && missing === undefined) return;
      if (Date.now() > deadline)
        throw new Error(
          `$ ${command}\nended with ${status}${missing ? `, without "${missing}"` : ''}:\n${output}`,
        );
      await sleep(200);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shell.run('npx triton-local down --all', LIMIT_MS);
    await this.shell[Symbol.asyncDispose]();
    const left = await processesWithHome(this.folder.path('home'));
    await this.folder[Symbol.asyncDispose]();
    expect(left).toEqual([]);
  }
}

/** The Python programs of a page that name their file. */
function programsOf(text: string): Program[] {
  return blocksOf(text, 'python').flatMap((block) => {
    const name = /^# (\w+\.py)\n/.exec(block.text)?.[1];
    return name === undefined ? [] : [{ name, text: block.text }];
  });
}

/** The commands of a block, each with the output that follows it. */
function stepsOf(text: string): Step[] {
  const steps: { command: string; shown: string[] }[] = [];
  for (const line of text.split('\n')) {
    const last = steps.at(-1);
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), shown: [] });
    else if (last?.command.endsWith('\\')) last.command += `\n${line}`;
    else if (line.trim() !== '') last?.shown.push(line);
  }
  return steps;
}

/** The first line that the page shows and the output lacks, in this order; numbers and blanks may differ. */
function missingLine(output: string, shown: readonly string[]): string | undefined {
  const printed = output.split('\n').map(alike);
  let from = 0;
  return shown.find((line) => {
    const at = printed.indexOf(alike(line), from);
    from = at + 1;
    return at < 0;
  });
}

const alike = (line: string) =>
  line
    .trim()
    .replace(/\d+(\.\d+)?(e-?\d+)?/g, '#')
    .replace(/(# )(ms|s)\b/g, '$1time')
    .replace(/\s+/g, ' ');
