import type { JsonObject } from '../workspace/index.ts';

/**
 * Azure ML's curated environment for Triton. Microsoft publishes no full package list; these two packages are
 * documented (docs/reference/azureml.md#images-and-environments).
 */
export const AZUREML_TRITON: JsonObject = curated('AzureML-Triton', {
  environmentVariables: { EXAMPLE_ENV_VAR: 'EXAMPLE_VALUE' },
  dependencies: ['python', { pip: ['azureml-defaults', 'tritonhttpclient'] }],
});

/** Package for each framework word in the name of a curated environment. */
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

/** One of Microsoft's environments, as far as its name describes it. */
export interface CuratedEnvironment {
  readonly definition: JsonObject;
  /** Shown to the user: `Python 3.8, scikit-learn~=1.0.0`. */
  readonly contents: string;
}

/**
 * Derives a curated environment from its name: Microsoft names them by framework, release and Python, as in
 * `AzureML-sklearn-1.0-ubuntu20.04-py38-cpu` and `minimal-py311-inference`; the full lists exist only in images.
 * @returns undefined if the name does not follow that pattern.
 */
export function curatedEnvironment(name: string): CuratedEnvironment | undefined {
  const words = name.toLowerCase().split('-');
  const at = words.findIndex((word) => PACKAGES.has(word));
  if (at < 0) return undefined;
  const release = /^\d+(?:\.\d+)*$/.exec(words[at + 1] ?? '')?.[0];
  const [, major, minor] = words.map((word) => /^py(\d)(\d+)$/.exec(word)).find(Boolean) ?? [];
  // A framework alone could be the name of anyone's environment.
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

/** `1.0` means its newest patch release. */
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
