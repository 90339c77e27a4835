import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { LineSplitter } from '../../../src/base/index.ts';
import { AzureCli, type Outcome } from '../../e2e/azure-cli.ts';
import { checkoutCli } from '../../helpers/emulator-process.ts';
import { repositoryRoot } from '../../helpers/temp-project.ts';

/** The Python with the newest azure-ai-ml, and the one with 1.12.1; undefined if they could not be installed. */
export const newestSdk = process.env.TRITON_LOCAL_TEST_AZURE_AI_ML || undefined;
export const olderSdk = process.env.TRITON_LOCAL_TEST_AZURE_AI_ML_1_12 || undefined;

const scripts = path.join(repositoryRoot, 'test/integration/controlplane/python');

/** An exception of the SDK. */
export interface SdkError {
  /** Its class and the classes that it inherits from. */
  readonly classes: readonly string[];
  readonly message: string;
}

/**
 * Somebody who deploys by the real `azure-ai-ml` in `exec`, with a copy of the sample, a state folder and a workspace of
 * their own. Disposing checks that nothing is left running, and that nothing but loopback was looked up.
 */
export class SdkUser implements AsyncDisposable {
  readonly az: AzureCli;
  readonly #sessions: SdkSession[] = [];

  private constructor(az: AzureCli) {
    this.az = az;
  }

  static async create(): Promise<SdkUser> {
    const az = await AzureCli.create();
    Object.assign(az.environment, {
      TEST_ATTEMPTS: path.join(az.project.directory, '.attempts'),
      IPYTHONDIR: path.join(az.project.directory, '.ipython'),
      JUPYTER_CONFIG_DIR: path.join(az.project.directory, '.jupyter'),
      JUPYTER_RUNTIME_DIR: path.join(az.project.directory, '.jupyter'),
      PYTHONDONTWRITEBYTECODE: '1',
      PYTHONWARNINGS: 'ignore',
    });
    return new SdkUser(az);
  }

  /** Runs a script of `python/` to its end. */
  run(python: string | undefined, script: string): Promise<Outcome> {
    return this.az.run('exec', '--', python ?? '', path.join(scripts, script));
  }

  /** Runs such a script as a notebook: its `# %%` marks begin the cells. */
  runNotebook(python: string | undefined, script: string): Promise<Outcome> {
    return this.az.run(
      'exec',
      '--',
      python ?? '',
      path.join(scripts, 'run_notebook.py'),
      path.join(scripts, script),
    );
  }

  /** A Python prompt in which `ml_client` and the SDK's entities are defined. */
  async startSession(python = newestSdk): Promise<SdkSession> {
    const session = new SdkSession(this.az, python ?? '');
    this.#sessions.push(session);
    await session.evaluate('None');
    return session;
  }

  /** What the guarded processes tried to reach beside loopback. */
  async attempts(): Promise<string[]> {
    const text = await readFile(this.az.environment.TEST_ATTEMPTS ?? '', 'utf8').catch(() => '');
    return text.split('\n').filter(Boolean);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions) await session.end();
    const attempts = await this.attempts();
    await this.az[Symbol.asyncDispose]();
    if (attempts.length > 0) throw new Error(`looked up beside loopback:\n${attempts.join('\n')}`);
  }
}

/** A Python process in `exec` that evaluates code, one piece after another. */
export class SdkSession {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #waiting: ((line: string) => void)[] = [];
  #output = '';

  constructor(az: AzureCli, python: string) {
    const [program = '', ...first] = checkoutCli;
    this.#child = spawn(program, [...first, 'exec', '--', python, path.join(scripts, 'session.py')], {
      cwd: az.project.directory,
      env: az.environment,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const lines = new LineSplitter((line) => this.#waiting.shift()?.(line));
    this.#child.stdout?.on('data', (chunk: Buffer) => lines.push(chunk));
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#output = (this.#output + chunk.toString()).slice(-20_000);
    });
    this.#child.stdin?.on('error', () => undefined);
    this.#ended = new Promise((resolve) => this.#child.once('close', () => resolve()));
  }

  /** The value of the last expression of the code. @throws Error with the exception's class and message. */
  async evaluate<Value = unknown>(code: string): Promise<Value> {
    const answer = await this.#ask(code);
    if (answer.error) throw new Error(`${answer.error.classes[0]}: ${answer.error.message}\n${this.#output}`);
    return answer.value as Value;
  }

  /** The exception that the code raises. @throws Error if it raises none. */
  async failureOf(code: string): Promise<SdkError> {
    const answer = await this.#ask(code);
    if (!answer.error) throw new Error(`${code} raised nothing, and gave ${JSON.stringify(answer.value)}`);
    return answer.error;
  }

  /** Closes the prompt and waits for the end of `exec`. */
  async end(): Promise<void> {
    this.#child.stdin?.end();
    await this.#ended;
  }

  async #ask(code: string): Promise<{ readonly value?: unknown; readonly error?: SdkError }> {
    const answer = new Promise<string>((resolve) => this.#waiting.push(resolve));
    this.#child.stdin?.write(`${JSON.stringify(code)}\n`);
    const line = await Promise.race([answer, this.#ended]);
    if (line === undefined) throw new Error(`Python ended:\n${this.#output}`);
    return JSON.parse(line);
  }
}
