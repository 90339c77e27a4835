import { appendFile, rm, truncate, writeFile } from 'node:fs/promises';
import { type NamedProject, scriptOf } from './named-project.ts';

/** A change that must not take down what serves. */
export interface BrokenSave {
  readonly title: string;
  save(project: NamedProject): Promise<void>;
  /** The file that the error names, relative to the project. */
  readonly file: string;
  /** The line that it names; undefined if there is no line to name. */
  readonly line?: number;
  /** The text of that line. */
  readonly excerpt?: string;
  readonly message: RegExp;
}

const script = 'score.py';
const config = 'models/triton/adder/config.pbtxt';
const weights = 'models/triton/adder/1/model.onnx';

/** The script with this in place of the body of `init()`, which begins at line 11. */
const withInit = (project: NamedProject, ...lines: string[]) => {
  const text = scriptOf(project.edition.script).replace(/def init\(\):\n(?: {4}.*\n)+/, () => {
    return `def init():\n${lines.map((line) => `    ${line}\n`).join('')}`;
  });
  return writeFile(project.at(script), text);
};

/** How long the init() that hangs may take; to be given as `--timeout`. */
export const HANG_LIMIT_SECONDS = 3;

export const BROKEN_SAVES: readonly BrokenSave[] = [
  {
    title: 'a syntax error',
    save: (project) => appendFile(project.at(script), 'def broken(:\n'),
    file: script,
    line: 22,
    message: /SyntaxError/,
  },
  {
    title: 'an import that fails',
    save: (project) => writeFile(project.at('helper.py'), 'import no_such_package\n'),
    file: 'helper.py',
    line: 1,
    message: /No module named 'no_such_package'/,
  },
  {
    title: 'an init() that raises',
    save: (project) => withInit(project, 'weights = {}', 'weights["missing"]'),
    file: script,
    line: 12,
    excerpt: 'weights["missing"]',
    message: /KeyError: 'missing'/,
  },
  {
    title: 'an init() that hangs',
    save: (project) => withInit(project, 'import time', 'time.sleep(600)'),
    file: script,
    line: 12,
    message: /did not finish its import and init\(\) within 3 s/,
  },
  {
    title: 'an init() that ends the process',
    save: (project) => withInit(project, 'os._exit(7)'),
    file: script,
    message: /exit code 7/,
  },
  {
    title: 'a run() that takes nothing',
    save: (project) => writeFile(project.at(script), 'def init():\n    pass\n\n\ndef run():\n    pass\n'),
    file: script,
    line: 5,
    message: /needs to accept an argument/,
  },
  {
    title: 'a helper that is missing',
    save: (project) => rm(project.at('helper.py')),
    file: script,
    line: 5,
    message: /No module named 'helper'/,
  },
  {
    title: 'a bad config.pbtxt',
    save: (project) => writeFile(project.at(config), 'backend: "onnxruntime"\nmax_batch_sise: 1\n'),
    file: config,
    line: 2,
    excerpt: 'max_batch_sise: 1',
    message: /max_batch_sise/,
  },
  {
    title: 'half-copied weights',
    save: (project) => truncate(project.at(weights), 60),
    file: weights,
    message: /./,
  },
  {
    title: 'weights that are missing',
    save: (project) => rm(project.at(weights)),
    file: weights,
    message: /./,
  },
];
