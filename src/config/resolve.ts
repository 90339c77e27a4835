import { homedir } from 'node:os';
import path from 'node:path';
import { entryKind, messageOf, userError } from '../base/index.ts';
import { type DeploymentFile, findDeploymentFile, variablesOf } from './deployment-file.ts';
import { detectEntryScript, detectModels, LOOKED_FOR, onnxFile } from './detect.ts';
import { detectPackages } from './packages.ts';
import type { FileValue } from './parse-project-file.ts';
import type { ModelSource, Origin, ProjectConfig, PythonSource, ScriptSource } from './project-config.ts';
import { PROJECT_FILE, readProjectFile } from './project-file.ts';
import { readServerConfigFile } from './server-config-file.ts';
import {
  positiveVariable,
  readScoringTimeoutMs,
  readServiceSettings,
  readWorkerTimeoutMs,
} from './service-settings.ts';
import { keyOf, SETTINGS, type Setting, type SettingName, type SettingValues } from './settings.ts';
import { detectSourceDirectory } from './source-directory.ts';

/** Three weeks: the timers of the system go no further. */
const NO_LIMIT_MS = 2_000_000_000;

export interface ResolveInput {
  /** DIR as the user wrote it, relative to the working directory. */
  readonly directory: string;
  /** Raw values of the flags that were given, by setting name. */
  readonly flags: Readonly<Partial<Record<SettingName, unknown>>>;
  readonly variables?: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory?: string;
}

/**
 * Resolves a project: flags over `TRITON_LOCAL_*` variables over `triton-local.yaml` over the files of the project
 * (a deployment of Azure ML, then what its folders hold) over defaults.
 * @throws CONFIG_INVALID, CONFIG_FILE_INVALID, PROJECT_NOT_FOUND or PROJECT_EMPTY, each naming what is wrong where.
 */
export async function resolveProject(input: ResolveInput): Promise<ProjectConfig> {
  const variables = input.variables ?? process.env;
  const target = path.resolve(input.workingDirectory ?? process.cwd(), input.directory);
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
  const projectDir = kind === 'file' ? path.dirname(target) : target;
  const given = gather(input.flags, variables, await readProjectFile(projectDir), projectDir);
  const origins: Record<string, Origin> = { ...given.origins };

  /** A path setting; relative ones count from where they were written: the shell's folder, or the project's. */
  const pathOf = (
    name:
      | 'models'
      | 'entryScript'
      | 'code'
      | 'python'
      | 'requirements'
      | 'conda'
      | 'tritonserver'
      | 'tritonCa'
      | 'tritonCert'
      | 'tritonCertKey'
      | 'replay',
  ) => {
    const value = given.values[name];
    if (value === undefined) return undefined;
    const base = origins[name] === PROJECT_FILE ? projectDir : (input.workingDirectory ?? process.cwd());
    return path.resolve(base, value);
  };
  const detected = (name: string, value: unknown) => {
    if (value !== undefined) origins[name] = 'detection';
  };

  const givenModels = pathOf('models');
  const models =
    kind === 'file'
      ? onnxFile(target)
      : givenModels
        ? await modelsAt(givenModels)
        : await detectModels(projectDir);
  if (!givenModels) detected('models', models);

  const deployment = await findDeploymentFile(projectDir);
  const script = await resolveScript(projectDir, pathOf('entryScript'), pathOf('code'), deployment);
  if (!given.values.entryScript) detected('entryScript', script);
  // A remote Triton has models of its own.
  if (!models && !script && given.values.tritonUrl === undefined) {
    throw userError('PROJECT_EMPTY', `${projectDir} holds neither models nor an entry script`, {
      hint: `looked for ${LOOKED_FOR}`,
    });
  }

  const value = <Name extends SettingName>(
    name: Name,
    fallback: SettingValues[Name],
  ): SettingValues[Name] => {
    const found = given.values[name];
    if (found === undefined) origins[name] = 'default';
    return found ?? fallback;
  };
  const asked = { ...withoutSecrets(variables), ...value('env', {}) };
  const fromFile = script ? await readServerConfigFile(script, asked.AZUREML_CONFIG_FILE) : {};
  const environment = Object.freeze({ ...fromFile, ...variablesOf(deployment, script, models), ...asked });
  const debug = value('debugPython', false);
  const config: ProjectConfig = {
    projectDir,
    projectFile: path.join(projectDir, PROJECT_FILE),
    models,
    script,
    engine: value('engine', given.values.tritonUrl === undefined ? 'auto' : 'external'),
    gpus: given.values.gpus,
    image: given.values.image,
    slimBase: given.values.slimBase,
    dockerHost: given.values.dockerHost,
    tritonserver: pathOf('tritonserver'),
    tritonUrl: given.values.tritonUrl,
    tritonGrpcUrl: given.values.tritonGrpcUrl,
    tritonMetricsUrl: given.values.tritonMetricsUrl,
    tritonTls: Object.freeze({
      ca: pathOf('tritonCa'),
      cert: pathOf('tritonCert'),
      key: pathOf('tritonCertKey'),
    }),
    tritonHeaders: Object.freeze({ ...given.values.tritonHeader }),
    modelControlMode: value('modelControlMode', 'none'),
    host: value('host', '127.0.0.1'),
    port: value('port', 6789),
    httpPort: value('httpPort', 8000),
    grpcPort: value('grpcPort', 8001),
    metricsPort: value('metricsPort', 8002),
    workers: debug ? 1 : value('workers', positiveVariable(environment, 'WORKER_COUNT') ?? 1),
    scoringTimeoutMs: debug ? NO_LIMIT_MS : (readScoringTimeoutMs(environment) ?? 3_600_000) || NO_LIMIT_MS,
    workerTimeoutMs: debug ? 0 : readWorkerTimeoutMs(environment),
    service: readServiceSettings(environment),
    python: { ...(await resolvePython(projectDir, given.values.python, pathOf, script, deployment)), debug },
    auth: value('auth', 'none'),
    profile: value('profile', 'none'),
    profileLimits: Object.freeze(value('profileLimits', {})),
    dialect: value('dialect', 'current'),
    primaryKey: variables.TRITON_LOCAL_KEY || undefined,
    watch: value('watch', true),
    strictReload: value('strictReload', false),
    replayFile: await existingFile('--replay', pathOf('replay')),
    ui: value('ui', 'auto'),
    logThreshold: value('logLevel', 'info'),
    timeoutMs: debug ? NO_LIMIT_MS : value('timeout', 300) * 1000,
    yes: value('yes', false),
    home: homeDirectory(variables),
    environment,
    origins: Object.freeze(origins),
  };
  return Object.freeze(config);
}

interface Gathered {
  readonly values: Partial<SettingValues>;
  readonly origins: Partial<Record<SettingName, Origin>>;
}

function gather(
  flags: ResolveInput['flags'],
  variables: Readonly<Record<string, string | undefined>>,
  file: ReadonlyMap<SettingName, FileValue>,
  projectDir: string,
): Gathered {
  const values: Partial<Record<SettingName, unknown>> = {};
  const origins: Partial<Record<SettingName, Origin>> = {};
  for (const setting of SETTINGS) {
    const { name, variable, flag } = setting;
    const fromFile = file.get(name);
    if (flags[name] !== undefined) {
      values[name] = parse(setting, flags[name], flag.split(' ')[0] ?? flag);
      origins[name] = 'flag';
    } else if (variables[variable]) {
      values[name] = parse(setting, variables[variable], variable);
      origins[name] = 'environment';
    } else if (fromFile) {
      const location = { file: path.join(projectDir, PROJECT_FILE), line: fromFile.line };
      values[name] = parse(setting, fromFile.raw, keyOf(name), location);
      origins[name] = PROJECT_FILE;
    }
  }
  // Each value went through its own setting's parser just above.
  return { values: values as Partial<SettingValues>, origins };
}

function parse(
  setting: Setting,
  raw: unknown,
  givenAs: string,
  location?: { readonly file: string; readonly line: number },
): unknown {
  try {
    return setting.parse(raw);
  } catch (error) {
    if (setting.name === 'tritonHeader') {
      throw userError('CONFIG_INVALID', `${givenAs} ${messageOf(error)}`, { ...(location && { location }) });
    }
    const shown = typeof raw === 'string' ? `"${raw}"` : JSON.stringify(raw);
    throw userError('CONFIG_INVALID', `${givenAs} ${messageOf(error)}, not ${shown}`, {
      ...(location && { location }),
    });
  }
}

async function modelsAt(target: string): Promise<ModelSource> {
  const kind = await entryKind(target);
  if (kind === 'file' && target.endsWith('.onnx')) return onnxFile(target);
  if (kind !== 'directory') {
    throw userError('CONFIG_INVALID', `--models: there is no model repository at ${target}`);
  }
  const inner = path.join(target, 'triton');
  return { kind: 'repository', directory: (await entryKind(inner)) === 'directory' ? inner : target };
}

async function resolveScript(
  projectDir: string,
  entryScript: string | undefined,
  code: string | undefined,
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

async function existingFile(flag: string, file: string | undefined): Promise<string | undefined> {
  if (file && (await entryKind(file)) !== 'file')
    throw userError('CONFIG_INVALID', `${flag}: there is no file ${file}`);
  return file;
}

async function resolvePython(
  projectDir: string,
  interpreter: string | undefined,
  pathOf: (name: 'python' | 'requirements' | 'conda') => string | undefined,
  script: ScriptSource | undefined,
  deployment: DeploymentFile | undefined,
): Promise<Omit<PythonSource, 'debug'>> {
  const conda = pathOf('conda');
  const requirements = pathOf('requirements');
  await existingFile('--conda', conda);
  await existingFile('--requirements', requirements);
  const detected = conda || requirements ? {} : await detectPackages(projectDir, script, deployment);
  // A bare name such as `python3.12` is looked up on PATH; anything with a separator is a path.
  const isName = interpreter !== undefined && !/[\\/]/.test(interpreter);
  return {
    interpreter: isName ? interpreter : pathOf('python'),
    condaFile: conda ?? detected.condaFile,
    requirementsFile: requirements ?? detected.requirementsFile,
    ...(detected.reason !== undefined && { reason: detected.reason }),
  };
}

const SECRET_VARIABLES: ReadonlySet<string> = new Set(['TRITON_LOCAL_KEY', 'TRITON_LOCAL_TRITON_HEADER']);

/** Scripts get our environment, but not the keys that protect them or the remote server. */
function withoutSecrets(variables: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept = Object.entries(variables).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !SECRET_VARIABLES.has(entry[0]),
  );
  return Object.fromEntries(kept);
}

/** Our own environment without our secrets, for commands that have no project. */
export function currentEnvironment(
  variables: Readonly<Record<string, string | undefined>> = process.env,
): Readonly<Record<string, string>> {
  return Object.freeze(withoutSecrets(variables));
}

/** Our own environment for an emulator that outlives us: nothing by which npm's children end with npm. */
export function detachedEnvironment(
  variables: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string | undefined> {
  const { npm_command: _npm, ...rest } = variables;
  return rest;
}

/** Where all state lies: `TRITON_LOCAL_HOME`, else the XDG state folder, on Windows the local application data. */
export function homeDirectory(variables: Readonly<Record<string, string | undefined>> = process.env): string {
  if (variables.TRITON_LOCAL_HOME) return path.resolve(variables.TRITON_LOCAL_HOME);
  if (process.platform === 'win32' && variables.LOCALAPPDATA)
    return path.join(variables.LOCALAPPDATA, 'triton-local');
  return path.join(variables.XDG_STATE_HOME || path.join(homedir(), '.local', 'state'), 'triton-local');
}
