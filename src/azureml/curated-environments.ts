import type { JsonObject } from '../workspace/index.ts';

/**
 * The curated environment of Azure ML for Triton. Microsoft has not published its list; that it has these two is
 * documented (docs/reference/azureml.md#images-and-environments).
 */
export const AZUREML_TRITON: JsonObject = curated('AzureML-Triton', {
  environmentVariables: { EXAMPLE_ENV_VAR: 'EXAMPLE_VALUE' },
  dependencies: ['python', { pip: ['azureml-defaults', 'tritonhttpclient'] }],
});

/** The package that a word in the name of a curated environment stands for. */
const PACKAGES = new Map([
  ['sklearn', 'scikit-learn'],
  ['tensorflow', 'tensorflow'],
  ['pytorch', 'torch'],
  ['onnxruntime', 'onnxruntime'],
  ['xgboost', 'xgboost'],
  ['lightgbm', 'lightgbm'],
  ['mlflow', 'mlflow'],
  ['minimal', undefined],
]);

/** An environment of Microsoft's with what its name says of it. */
export interface CuratedEnvironment {
  readonly definition: JsonObject;
  /** Shown to the user: `Python 3.8, scikit-learn~=1.0.0`. */
  readonly contents: string;
}

/**
 * What is known of a curated environment: Microsoft names them by framework, release and Python, as in
 * `AzureML-sklearn-1.0-ubuntu20.04-py38-cpu` and `minimal-py311-inference`; the full lists lie in images.
 * @returns undefined for a name that says no such thing.
 */
export function curatedEnvironment(name: string): CuratedEnvironment | undefined {
  const words = name.toLowerCase().split('-');
  const at = words.findIndex((word) => PACKAGES.has(word));
  if (at < 0) return undefined;
  const release = /^\d+(?:\.\d+)*$/.exec(words[at + 1] ?? '')?.[0];
  const [, major, minor] = words.map((word) => /^py(\d)(\d+)$/.exec(word)).find(Boolean) ?? [];
  // A framework without release or Python is anybody's name for an environment.
  if (release === undefined && minor === undefined) return undefined;
  const python = minor === undefined ? undefined : `${major}.${minor}`;
  const wanted = PACKAGES.get(words[at] ?? '');
  const pip = wanted === undefined ? [] : [wanted + atRelease(release)];
  const contents = [...(python === undefined ? [] : [`Python ${python}`]), ...pip].join(', ');
  const dependencies = [
    python === undefined ? 'python' : `python=${python}`,
    { pip: ['azureml-defaults', ...pip] },
  ];
  return { contents, definition: curated(name, { dependencies }) };
}

/** `1.0` stands for its newest patch. */
function atRelease(release: string | undefined): string {
  if (release === undefined) return '';
  return release.split('.').length === 2 ? `~=${release}.0` : `==${release}`;
}

function curated(
  name: string,
  {
    dependencies,
    environmentVariables = {},
  }: { readonly dependencies: unknown[]; readonly environmentVariables?: JsonObject },
): JsonObject {
  return {
    name,
    version: '1',
    environmentVariables,
    python: {
      interpreterPath: 'python',
      userManagedDependencies: false,
      condaDependencies: { channels: ['conda-forge'], dependencies, name: name.toLowerCase() },
      baseCondaEnvironment: null,
    },
    docker: {
      enabled: true,
      baseImage: null,
      baseDockerfile: null,
      sharedVolumes: true,
      shmSize: '2g',
      arguments: [],
    },
    inferencingStackVersion: 'latest',
  };
}
