import type { JsonObject } from '../workspace/index.ts';
import { type CondaCopy, copyConda } from './conda-copy.ts';
import { objectIn, readDocument, textIn } from './document.ts';

/** What an environment means for an emulator. */
export interface EnvironmentPlan {
  /** Undefined where our own default environment has all of it. */
  readonly conda: CondaCopy | undefined;
  readonly variables: Readonly<Record<string, string>>;
  /** The base image, for the docker engine. */
  readonly image: string | undefined;
}

/** @throws AZUREML_FILE_INVALID for a conda file that cannot be read. */
export async function planEnvironment(environment: JsonObject): Promise<EnvironmentPlan> {
  const python = objectIn(environment, 'python') ?? {};
  const file = textIn(python, 'condaDependenciesFile');
  const document = file === undefined ? undefined : await readDocument(file, '--conda-file');
  const conda = document?.value ?? objectIn(python, 'condaDependencies');
  const variables = Object.entries(objectIn(environment, 'environmentVariables') ?? {});
  return {
    conda: conda && copyConda(conda, document),
    variables: Object.fromEntries(variables.map(([name, value]) => [name, String(value)])),
    image: textIn(objectIn(environment, 'docker'), 'baseImage'),
  };
}
