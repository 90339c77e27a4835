import { execFile } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { runPython } from '../helpers/python.ts';
import { digitsSample, TempFolder } from '../helpers/temp-project.ts';

export type Image = readonly (readonly number[])[];

export interface HeldOut {
  /** 8 rows of 8 grey values. */
  readonly images: readonly Image[];
  readonly labels: readonly number[];
}

/** The part of the data that the model has never seen. */
export async function readHeldOut(): Promise<HeldOut> {
  return JSON.parse(await readFile(path.join(digitsSample, 'held-out.json'), 'utf8'));
}

/** The accuracy that the sample's README states, as a fraction. */
export async function statedAccuracy(): Promise<number> {
  const text = await readFile(path.join(digitsSample, 'README.md'), 'utf8');
  const percent = /accuracy[^%]*?(\d+(?:\.\d+)?)\s*%/is.exec(text);
  if (!percent?.[1]) throw new Error('the README of the sample states no accuracy');
  return Number(percent[1]) / 100;
}

export function scoreBody(image: Image): string {
  return JSON.stringify({ image });
}

/** A copy of the sample that a test may spoil. */
export class DigitsProject implements AsyncDisposable {
  readonly #folder: TempFolder;
  #original = '';

  private constructor(folder: TempFolder) {
    this.#folder = folder;
  }

  static async create(): Promise<DigitsProject> {
    const project = new DigitsProject(await TempFolder.copyOf(digitsSample));
    project.#original = await readFile(project.script, 'utf8');
    return project;
  }

  get directory(): string {
    return this.#folder.directory;
  }

  get script(): string {
    return this.#folder.path('score.py');
  }

  get model(): string {
    return this.#folder.path('models/triton/digits');
  }

  /** Makes every answer `{"edition": NAME, "answer": WHAT IT WAS}`. */
  saveEdition(name: string): Promise<void> {
    return this.saveScript(`${this.#original}${wrapRun(JSON.stringify(name))}`);
  }

  /** The same, with the name in a module of its own, `edition.py`. */
  async saveEditionInHelper(name: string): Promise<void> {
    await this.saveHelper(name);
    await this.saveScript(`import edition\n${this.#original}${wrapRun('edition.NAME')}`);
  }

  saveHelper(name: string): Promise<void> {
    return writeFile(this.#folder.path('edition.py'), `NAME = ${JSON.stringify(name)}\n`);
  }

  /** @returns the number of the line that Python cannot read. */
  async saveBroken(): Promise<number> {
    await this.saveScript(`${this.#original}\ndef broken(:\n`);
    return this.#original.split('\n').length + 1;
  }

  saveScript(text: string): Promise<void> {
    return writeFile(this.script, text);
  }

  async changeModelConfig(change: (text: string) => string): Promise<void> {
    const file = path.join(this.model, 'config.pbtxt');
    await writeFile(file, change(await readFile(file, 'utf8')));
  }

  async addVersion(version: number): Promise<void> {
    await cp(path.join(this.model, '1'), path.join(this.model, String(version)), { recursive: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#folder[Symbol.asyncDispose]();
  }
}

const wrapRun = (name: string) => `

_run_before = run


def run(data):
    return {"edition": ${name}, "answer": _run_before(data)}
`;

/** Posts an image and gives the parsed answer. */
export async function score(url: string, image: Image): Promise<{ digit: number; probabilities: number[] }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: scoreBody(image),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status} ${text}`);
  return JSON.parse(text);
}

/** The digits that the model itself gives, asked by the real `tritonclient.http` with binary tensors. */
export async function inferWithTritonClient(httpUrl: string, images: readonly Image[]): Promise<number[]> {
  const code = `
import json, sys
import numpy
import tritonclient.http as http

client = http.InferenceServerClient(url=sys.argv[1])
assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("digits")
metadata = client.get_model_metadata("digits")
images = numpy.array(json.loads(sys.argv[2]), dtype=numpy.float32)
name, shape = metadata["inputs"][0]["name"], metadata["inputs"][0]["shape"]
images = images.reshape([len(images)] + [int(n) for n in shape[1:]])
most = client.get_model_config("digits")["max_batch_size"]
digits = []
for start in range(0, len(images), most):
    batch = images[start:start + most]
    tensor = http.InferInput(name, list(batch.shape), metadata["inputs"][0]["datatype"])
    tensor.set_data_from_numpy(batch)
    probabilities = client.infer("digits", [tensor]).as_numpy("probabilities")
    digits += [int(row.argmax()) for row in probabilities]
print(json.dumps(digits))
`;
  return JSON.parse(await runPython(code, new URL(httpUrl).host, JSON.stringify(images)));
}

/** Runs a command to its end and gives status and output, whatever the status. */
export async function runToEnd(
  command: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv; timeoutMs?: number },
): Promise<{ code: number; stdout: string; stderr: string }> {
  const [program = '', ...args] = command;
  const limits = { timeout: options.timeoutMs ?? 60_000, maxBuffer: 1 << 26 };
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, { ...options, ...limits });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number | string; stdout: string; stderr: string };
    return { code: typeof code === 'number' ? code : -1, stdout, stderr };
  }
}
