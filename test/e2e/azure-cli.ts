import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { checkoutCli, childEnvironment } from '../helpers/emulator-process.ts';
import { findLeftovers } from '../helpers/leftovers.ts';
import { TempFolder } from '../helpers/temp-project.ts';
import { DigitsProject, runToEnd } from './digits.ts';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The `az ml` verbs on a workspace and a copy of the sample of their own; the end sees that nothing is left running. */
export class AzureCli implements AsyncDisposable {
  readonly project: DigitsProject;
  readonly environment: NodeJS.ProcessEnv;
  readonly #folder: TempFolder;

  private constructor(project: DigitsProject, folder: TempFolder) {
    this.project = project;
    this.#folder = folder;
    this.environment = {
      ...childEnvironment(folder.path('home'), folder.path('tmp')),
      TRITON_LOCAL_ENGINE: 'embedded',
    };
  }

  static async create(): Promise<AzureCli> {
    const folder = await TempFolder.create('triton-local-azure-');
    await mkdir(folder.path('tmp'));
    return new AzureCli(await DigitsProject.create(), folder);
  }

  get home(): string {
    return this.#folder.path('home');
  }

  run(...args: string[]): Promise<Outcome> {
    return runToEnd([...checkoutCli, ...args], {
      cwd: this.project.directory,
      env: this.environment,
      timeoutMs: 120_000,
    });
  }

  /** Runs a verb that must succeed and gives what it prints. */
  async json<Result = Record<string, unknown>>(...args: string[]): Promise<Result> {
    const { code, stdout, stderr } = await this.run(...args);
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout === '' ? (undefined as Result) : JSON.parse(stdout);
  }

  /** Writes a file beside the sample's script, or in a folder there. What is not text or bytes is written as JSON. */
  async write(name: string, content: unknown): Promise<void> {
    const file = path.join(this.project.directory, name);
    await mkdir(path.dirname(file), { recursive: true });
    const isRaw = typeof content === 'string' || Buffer.isBuffer(content);
    await writeFile(file, isRaw ? content : JSON.stringify(content, null, 2));
  }

  /** Registers the sample's models, as the guide does. */
  async registerModel(name = 'my_triton_model'): Promise<string> {
    const model = await this.json('model', 'register', '-n', name, '-p', 'models', '--model-framework=Multi');
    return String(model.id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.run('down', '--all');
    const traces = { home: this.home, temporary: this.#folder.path('tmp'), ports: [], pids: [] };
    const leftovers = await findLeftovers(traces);
    await this.project[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
    expect(leftovers).toEqual([]);
  }
}
