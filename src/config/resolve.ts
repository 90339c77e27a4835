import path from 'node:path';
import { entryKind, userError } from '../base/index.ts';
import { type DeploymentFile, findDeploymentFile, variablesOf } from './deployment-file.ts';
import {
  describeDoubtfulScripts,
  describeEmptyProject,
  detectEntryScript,
  detectModels,
  onnxFile,
} from './detect.ts';
import {
  homeDirectory,
  primaryKeyGiven,
  unknownVariables,
  type Variables,
  withoutSecrets,
} from './environment.ts';
import { type GivenSettings, readSettings } from './given-settings.ts';
import { detectPackages } from './packages.ts';
import type {
  ModelSource,
  Origin,
  ProjectConfig,
  PythonSource,
  ScriptSource,
  WorkerSettings,
} from './project-config.ts';
import { PROJECT_FILE, readProjectFile } from './project-file.ts';
import { readServerConfigFile } from './server-config-file.ts';
import {
  positiveVariable,
  readScoringTimeoutMs,
  readServiceSettings,
  readWorkerTimeoutMs,
} from './service-settings.ts';
import { detectSourceDirectory } from './source-directory.ts';

/** Three weeks: the timers of the system go no further. */
const NO_LIMIT_MS = 2_000_000_000;

export interface ResolveInput {
  /** DIR as the user wrote it, relative to the working directory. */
  readonly directory: string;
  /** Raw values of the flags that were given, by setting name. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly variables?: Variables;
  readonly workingDirectory?: string;
}

/**
 * Resolves a project: flags over `TRITON_LOCAL_*` variables over `triton-local.yaml` over the files of the project
 * (a deployment of Azure ML, then what its folders hold) over defaults.
 * @throws CONFIG_INVALID, CONFIG_FILE_INVALID, PROJECT_NOT_FOUND or PROJECT_EMPTY, each naming what is wrong where.
 */
export async function resolveProject(input: ResolveInput): Promise<ProjectConfig> {
  const { flags, variables = process.env, workingDirectory = process.cwd() } = input;
  const target = path.resolve(workingDirectory, input.directory);
  const isFile = await isModelFile(target);
  const projectDir = isFile ? path.dirname(target) : target;
  const file = await readProjectFile(projectDir);
  const { groups, origins } = readSettings({ flags, variables, file, projectDir, workingDirectory });

  const models = isFile ? onnxFile(target) : await resolveModels(groups.project.models, projectDir);
  const deployment = await findDeploymentFile(projectDir);
  const script = await resolveScript(projectDir, groups.project, deployment);
  // A remote Triton has models of its own.
  if (!models && !script && groups.external.url === undefined) {
    throw await describeEmptyProject(projectDir);
  }
  await existingFile('--replay', groups.reload.replayFile);

  const asked = { ...withoutSecrets(variables), ...groups.script.env };
  const fromFile = script ? await readServerConfigFile(script, asked.AZUREML_CONFIG_FILE) : {};
  const environment = Object.freeze({ ...fromFile, ...variablesOf(deployment, script, models), ...asked });
  const { engine, external, listen, reload, start, display } = groups;
  const isExternal = origins.engine === 'default' && external.url !== undefined;
  return Object.freeze({
    projectDir,
    projectFile: path.join(projectDir, PROJECT_FILE),
    models,
    script,
    engine: isExternal ? Object.freeze({ ...engine, choice: 'external' as const }) : engine,
    external,
    listen,
    python: await resolvePython(projectDir, groups.script, script, deployment),
    workers: resolveWorkers(groups, environment),
    scoring: Object.freeze({
      ...groups.scoring,
      ...readServiceSettings(environment),
      primaryKey: primaryKeyGiven(variables),
    }),
    reload,
    start,
    display,
    home: homeDirectory(variables),
    environment,
    origins: Object.freeze(withDetected(origins, { models, entryScript: script })),
    warnings: Object.freeze([
      ...unknownVariables(variables),
      ...(script ? [] : await describeDoubtfulScripts(projectDir)),
    ]),
  });
}

/** @throws PROJECT_NOT_FOUND where the target is neither a folder nor an `.onnx` file. */
async function isModelFile(target: string): Promise<boolean> {
  const kind = await entryKind(target);
  if (!kind) {
    throw userError('PROJECT_NOT_FOUND', `there is no ${target}`, {
      hint: 'give the folder with the models and the script, or one .onnx file',
    });
  }
  if (kind === 'file' && !target.endsWith('.onnx')) {
    throw userError('PROJECT_NOT_FOUND', `${target} is a file, but not an .onnx file`, {
      hint: 'give the folder that holds it',
    });
  }
  return kind === 'file';
}

async function resolveModels(
  given: string | undefined,
  projectDir: string,
): Promise<ModelSource | undefined> {
  if (given === undefined) return detectModels(projectDir);
  const kind = await entryKind(given);
  if (kind === 'file' && given.endsWith('.onnx')) return onnxFile(given);
  if (kind !== 'directory') {
    throw userError('CONFIG_INVALID', `--models: there is no model repository at ${given}`);
  }
  const inner = path.join(given, 'triton');
  return { kind: 'repository', directory: (await entryKind(inner)) === 'directory' ? inner : given };
}

async function resolveScript(
  projectDir: string,
  { entryScript, code }: GivenSettings['groups']['project'],
  deployment: DeploymentFile | undefined,
): Promise<ScriptSource | undefined> {
  if (code && (await entryKind(code)) !== 'directory') {
    throw userError('CONFIG_INVALID', `--code: there is no folder ${code}`);
  }
  if (entryScript !== undefined && (await entryKind(entryScript)) !== 'file') {
    // The real server's words, as for a script that goes while it is served.
    const message = `No such file or directory. The entry script ${entryScript} does not exist`;
    throw userError('CONFIG_INVALID', message, { hint: 'check --entry-script' });
  }
  if (entryScript === undefined && code === undefined && deployment) {
    const { sourceDirectory = projectDir } = deployment;
    return { entryScript: deployment.entryScript, sourceDirectory };
  }
  const found = entryScript ?? (await detectEntryScript(code ?? projectDir));
  if (found === undefined) return undefined;
  return {
    entryScript: found,
    sourceDirectory: code ?? (await detectSourceDirectory(projectDir, found)),
  };
}

async function resolvePython(
  projectDir: string,
  { interpreter, requirements, conda, debugPython }: GivenSettings['groups']['script'],
  script: ScriptSource | undefined,
  deployment: DeploymentFile | undefined,
): Promise<PythonSource> {
  await existingFile('--conda', conda);
  await existingFile('--requirements', requirements);
  const detected = conda || requirements ? {} : await detectPackages(projectDir, script, deployment);
  return Object.freeze({
    interpreter,
    condaFile: conda ?? detected.condaFile,
    requirementsFile: requirements ?? detected.requirementsFile,
    debug: debugPython,
    ...(detected.reason !== undefined && { reason: detected.reason }),
  });
}

/** Nothing has a time limit while an editor is attached to the one worker. */
function resolveWorkers({ script, start }: GivenSettings['groups'], environment: Variables): WorkerSettings {
  const count = script.workers ?? positiveVariable(environment, 'WORKER_COUNT') ?? 1;
  const scoringTimeoutMs = (readScoringTimeoutMs(environment) ?? 3_600_000) || NO_LIMIT_MS;
  const workerTimeoutMs = readWorkerTimeoutMs(environment);
  return Object.freeze(
    script.debugPython
      ? { count: 1, scoringTimeoutMs: NO_LIMIT_MS, workerTimeoutMs: 0, initTimeoutMs: NO_LIMIT_MS }
      : { count, scoringTimeoutMs, workerTimeoutMs, initTimeoutMs: start.timeoutMs },
  );
}

async function existingFile(flag: string, file: string | undefined): Promise<void> {
  if (file && (await entryKind(file)) !== 'file')
    throw userError('CONFIG_INVALID', `${flag}: there is no file ${file}`);
}

/** What nobody gave and was found has its origin in the detection. */
function withDetected(
  origins: Readonly<Record<string, Origin>>,
  found: Readonly<Record<string, unknown>>,
): Record<string, Origin> {
  const detected = Object.keys(found).filter(
    (name) => found[name] !== undefined && origins[name] === 'default',
  );
  return { ...origins, ...Object.fromEntries(detected.map((name) => [name, 'detection' as const])) };
}
