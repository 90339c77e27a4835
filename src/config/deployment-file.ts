import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { entryKind } from '../base/index.ts';
import type { ModelSource, ScriptSource } from './project-config.ts';

/** What a project's own deployment file says about the script; paths are absolute, and what they name is there. */
export interface DeploymentFile {
  readonly file: string;
  readonly entryScript: string;
  readonly sourceDirectory: string | undefined;
  readonly condaFile: string | undefined;
  /** The folder that holds the model: `AZUREML_MODEL_DIR`. */
  readonly modelDirectory: string | undefined;
  readonly variables: Readonly<Record<string, string>>;
}

/** Preferred where a folder has several, such as blue and green. */
const PREFERRED = /^(?:deployment|online-deployment|blue-deployment)\.ya?ml$/;
const V1_FILES = [
  'inferenceconfig.json',
  'inference-config.json',
  'inferenceConfig.json',
  'inference_config.json',
];

type Members = Readonly<Record<string, unknown>>;

/**
 * The deployment of v2 (YAML with `code_configuration`), else the inference configuration of v1 (JSON with
 * `entryScript`), that lies in the project's folder. Undefined where there is none that names a script which is there.
 */
export async function findDeploymentFile(projectDir: string): Promise<DeploymentFile | undefined> {
  const names: string[] = await readdir(projectDir).catch(() => []);
  const yamls = names.filter((name) => /\.ya?ml$/.test(name)).sort();
  for (const name of [...yamls.filter((it) => PREFERRED.test(it)), ...yamls]) {
    const found = await readV2(path.join(projectDir, name));
    if (found) return found;
  }
  for (const name of V1_FILES.filter((it) => names.includes(it))) {
    const found = await readV1(path.join(projectDir, name));
    if (found) return found;
  }
  return undefined;
}

/** What a deployment file gives to its own script. */
export function variablesOf(
  deployment: DeploymentFile | undefined,
  script: ScriptSource | undefined,
  models: ModelSource | undefined,
): Record<string, string> {
  if (!deployment || script?.entryScript !== deployment.entryScript) return {};
  const { modelDirectory, variables } = deployment;
  const hasOwnModels = models !== undefined || modelDirectory === undefined;
  return { ...(!hasOwnModels && { AZUREML_MODEL_DIR: modelDirectory }), ...variables };
}

async function readV2(file: string): Promise<DeploymentFile | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  if (!/^code_configuration\s*:/m.test(text)) return undefined;
  const content = membersOf(await parsed(text));
  const code = membersOf(content.code_configuration);
  const base = path.dirname(file);
  const sourceDirectory = path.resolve(base, textOf(code.code) ?? '.');
  const entryScript = path.join(sourceDirectory, textOf(code.scoring_script) ?? '');
  if ((await entryKind(entryScript)) !== 'file') return undefined;
  const model = await existing(base, textOf(membersOf(content.model).path));
  return {
    file,
    entryScript,
    sourceDirectory,
    condaFile: await existing(base, textOf(membersOf(content.environment).conda_file)),
    modelDirectory: model && path.dirname(model),
    variables: {
      ...(collects(membersOf(content.data_collector)) && { AZUREML_MDC_ENABLED: 'true' }),
      ...Object.fromEntries(
        Object.entries(membersOf(content.environment_variables)).map(([name, value]) => [
          name,
          String(value),
        ]),
      ),
    },
  };
}

/** Whether one of the collections is switched on, by the text 'True' or a boolean. */
function collects({ collections }: Members): boolean {
  return Object.values(membersOf(collections)).some(
    (one) => String(membersOf(one).enabled).toLowerCase() === 'true',
  );
}

async function readV1(file: string): Promise<DeploymentFile | undefined> {
  const content = membersOf(await parsed(await readFile(file, 'utf8').catch(() => '')));
  const base = path.dirname(file);
  const source = textOf(content.sourceDirectory);
  const sourceDirectory = source === undefined ? undefined : path.resolve(base, source);
  const entryScript = path.resolve(sourceDirectory ?? base, textOf(content.entryScript) ?? '');
  if ((await entryKind(entryScript)) !== 'file') return undefined;
  const conda = textOf(content.condaFile);
  return {
    file,
    entryScript,
    sourceDirectory,
    condaFile: (await existing(sourceDirectory ?? base, conda)) ?? (await existing(base, conda)),
    modelDirectory: undefined,
    variables: {},
  };
}

/** A file that is no YAML is nothing to us: its own commands say what is wrong with it. JSON is YAML too. */
async function parsed(text: string): Promise<unknown> {
  // Loaded here, for most projects have no such file.
  const { parse } = await import('./parse-yaml.ts');
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

const membersOf = (value: unknown): Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};

const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);

async function existing(base: string, name: string | undefined): Promise<string | undefined> {
  if (name === undefined) return undefined;
  const found = path.resolve(base, name);
  return (await entryKind(found)) === undefined ? undefined : found;
}
