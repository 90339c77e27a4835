import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { onnxAddModel } from './onnx-model.ts';
import { TempFolder } from './temp-project.ts';

/** What an answer was made of: the number in each file, which rises with every save of it. */
export interface Edition {
  readonly script: number;
  readonly helper: number;
  readonly model: number;
}

export type Part = keyof Edition;
export const PARTS = ['script', 'helper', 'model'] as const satisfies readonly Part[];

/** How programs put a new content in the place of an old one. */
export const WAYS = ['in place', 'renamed over', 'emptied first', 'deleted first'] as const;
export type Way = (typeof WAYS)[number];

const EMPTY_FOR_MS = 15;

/**
 * A project whose every answer names the script, the helper module and the model that made it. Requests are
 * `{"id": ...}`; each id that `run()` sees is appended to a log outside the project.
 */
export class NamedProject implements AsyncDisposable {
  readonly #folder: TempFolder;
  readonly #saved = { script: 0, helper: 0, model: 0 };

  private constructor(folder: TempFolder) {
    this.#folder = folder;
  }

  static async create(): Promise<NamedProject> {
    const project = new NamedProject(await TempFolder.create('triton-local-named-'));
    await mkdir(project.at('models/triton/adder/1'), { recursive: true });
    await writeFile(project.at('models/triton/adder/config.pbtxt'), CONFIG);
    for (const part of PARTS) await project.save(part);
    return project;
  }

  get directory(): string {
    return this.#folder.path('project');
  }

  /** Flags of `up` that this project needs. */
  get flags(): string[] {
    return ['--env', `REQUEST_LOG=${this.#folder.path('requests.log')}`];
  }

  at(file: string): string {
    return this.#folder.path('project', file);
  }

  /** What was saved last. */
  get edition(): Edition {
    return { ...this.#saved };
  }

  /** Saves a part with the next number. */
  async save(part: Part, way: Way = 'in place'): Promise<void> {
    this.#saved[part] += 1;
    await write(this.at(FILES[part]), contentOf(part, this.#saved[part]), way);
  }

  /** Saves a part again as it was, after a test spoilt it. */
  async restore(): Promise<void> {
    await writeFile(this.at('models/triton/adder/config.pbtxt'), CONFIG);
    for (const part of PARTS) await this.save(part);
  }

  /** The ids that `run()` has seen, in order. */
  async runs(): Promise<string[]> {
    const log = await readFile(this.#folder.path('requests.log'), 'utf8').catch(() => '');
    return log.split('\n').filter(Boolean);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#folder[Symbol.asyncDispose]();
  }
}

/** The edition that an answer names; undefined for any other answer. */
export function editionOf(body: string): Edition | undefined {
  try {
    const { script, helper, model } = JSON.parse(body);
    return typeof script === 'number' ? { script, helper, model } : undefined;
  } catch {
    return undefined;
  }
}

const FILES: Readonly<Record<Part, string>> = {
  script: 'score.py',
  helper: 'helper.py',
  model: 'models/triton/adder/1/model.onnx',
};

const CONFIG = `backend: "onnxruntime"
max_batch_size: 0
input [ { name: "x" data_type: TYPE_FP32 dims: [ 4 ] } ]
output [ { name: "y" data_type: TYPE_FP32 dims: [ 4 ] } ]
`;

function contentOf(part: Part, number: number): string | Buffer {
  switch (part) {
    case 'script':
      return scriptOf(number);
    case 'helper':
      return `NUMBER = ${number}\n`;
    case 'model':
      return onnxAddModel(number);
    default:
      return part satisfies never;
  }
}

/** The script; a test may append to it what spoils it. */
export function scriptOf(number: number): string {
  return `import http.client
import json
import os

import helper

BODY = json.dumps({"inputs": [{"name": "x", "datatype": "FP32", "shape": [4], "data": [0, 0, 0, 0]}]})


def init():
    global log
    log = os.open(os.environ["REQUEST_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)


def run(data):
    os.write(log, (str(json.loads(data)["id"]) + "\\n").encode())
    triton = http.client.HTTPConnection("localhost", 8000)
    triton.request("POST", "/v2/models/adder/infer", BODY)
    added = json.loads(triton.getresponse().read())["outputs"][0]["data"][0]
    triton.close()
    return {"script": ${number}, "helper": helper.NUMBER, "model": added}
`;
}

async function write(file: string, content: string | Buffer, way: Way): Promise<void> {
  switch (way) {
    case 'in place':
      await mkdirOf(file);
      return writeFile(file, content);
    case 'renamed over':
      await writeFile(`${file}.tmp`, content);
      return rename(`${file}.tmp`, file);
    case 'emptied first': {
      const handle = await open(file, 'w');
      await pause(EMPTY_FOR_MS);
      await handle.writeFile(content);
      return handle.close();
    }
    case 'deleted first':
      await rm(file, { force: true });
      await pause(EMPTY_FOR_MS);
      return writeFile(file, content);
    default:
      way satisfies never;
  }
}

const mkdirOf = (file: string) => mkdir(path.dirname(file), { recursive: true });
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
