import { userError } from '../../base/index.ts';
import { SLIM, type SlimRecipe, slimRecipe } from './slim.ts';

/** A Triton image by a short name. */
export interface ImageRelease {
  readonly name: string;
  readonly reference: string;
  /** Triton's own version, where it is known. */
  readonly version: string | undefined;
  readonly about: string;
}

/** The release whose texts and statuses the rest of the product has: Triton 2.51.0. */
const DEFAULT_RELEASE = '24.10';
const NVIDIA = 'nvcr.io/nvidia/tritonserver';
const AZURE = 'mcr.microsoft.com/azureml';

/**
 * What Azure ML deployed Triton with (docs/reference/azureml.md#images-and-environments), beside the default; NVIDIA's
 * follow a rule.
 */
export const AZURE_RELEASES: readonly ImageRelease[] = [
  {
    name: 'azureml-20.08',
    reference: `${AZURE}/aml-triton:latest`,
    version: '2.2.0',
    about: 'base of the curated environment AzureML-Triton, 2020',
  },
  {
    name: 'azureml-21.02',
    reference: `${AZURE}/tritonserver-21.02-py38-inference:20210817.v1`,
    version: '2.7.0',
    about: 'AzureML inference image with Triton 21.02 and Python 3.8, 2021',
  },
  {
    name: 'azureml-ncd',
    reference: `${NVIDIA}:21.08-py3`,
    version: '2.13.0',
    about: 'what no-code deployments of 2022 were seen to run',
  },
];

/** Triton's version by NVIDIA's release, where something in this project depends on it. */
const NVIDIA_VERSIONS: Readonly<Record<string, string>> = {
  '20.08': '2.2.0',
  '21.02': '2.7.0',
  '21.08': '2.13.0',
  '24.10': '2.51.0',
};

export interface ResolvedImage {
  readonly reference: string;
  readonly about: string;
}

/** The image to serve with: one to fetch, or one to build where there is a recipe. */
export interface WantedImage extends ResolvedImage {
  readonly recipe: SlimRecipe | undefined;
}

/** `--image` and, for `slim`, its base. @throws CONFIG_INVALID */
export async function wantedImage(
  image: string | undefined,
  slimBase: string | undefined,
): Promise<WantedImage> {
  if (image?.trim() !== SLIM) return { ...resolveImage(image), recipe: undefined };
  const recipe = await slimRecipe(slimBase);
  return { reference: recipe.reference, about: `built here on ${recipe.base}, Triton 2.51.0`, recipe };
}

/**
 * The image meant by `--image`, but for `slim`: nothing is the default, `24.10` NVIDIA's of that month, `azureml-…` one of the table,
 * everything else a reference.
 * @throws CONFIG_INVALID for what cannot be a reference.
 */
export function resolveImage(text: string | undefined): ResolvedImage {
  const given = text?.trim() || DEFAULT_RELEASE;
  if (/^\d\d\.\d\d$/.test(given)) {
    const version = NVIDIA_VERSIONS[given];
    return {
      reference: `${NVIDIA}:${given}-py3`,
      about: `NVIDIA's release ${given}${version ? `, Triton ${version}` : ''}`,
    };
  }
  const azure = AZURE_RELEASES.find(({ name }) => name === given);
  if (azure) return azure;
  if (/^azureml-/.test(given) || !isReference(given)) {
    throw userError('CONFIG_INVALID', `--image: "${given}" names no image`, {
      hint: `give a release such as ${DEFAULT_RELEASE}, one of ${AZURE_RELEASES.map(({ name }) => name).join(', ')}, slim, or a reference such as ${NVIDIA}:24.10-py3`,
    });
  }
  return { reference: given, about: 'as given' };
}

/** `[registry[:port]/]path[:tag][@digest]`, as far as it matters: no blanks, no upper case in the path. */
function isReference(text: string): boolean {
  return /^(?:[A-Za-z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::[\w][\w.-]{0,127})?(?:@sha256:[a-f0-9]{64})?$|^sha256:[a-f0-9]{12,64}$/.test(
    text,
  );
}

/** The registry that serves a reference, as Docker's configuration names it. */
export function registryOf(reference: string): string {
  const [first = '', ...rest] = reference.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  return isHost && first !== 'docker.io' ? first : 'https://index.docker.io/v1/';
}
