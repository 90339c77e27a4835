import { AZUREML_TRITON, condaTextOf, putEnvironmentVersion } from '../../azureml/index.ts';
import type { AzureWorkspace, EnvironmentRecord, JsonObject } from '../../workspace/index.ts';
import { ArmError } from '../arm-error.ts';
import type { Blobs } from '../blob/blobs.ts';
import {
  type AssetProperties,
  flagProperty,
  labelsProperty,
  objectProperty,
  otherProperties,
  textProperty,
} from './asset-request.ts';
import { blobUri, isSameUri } from './asset-uri.ts';
import { uploadAt } from './uploads.ts';
import { highestVersion, type VersionedAsset } from './versioned-routes.ts';

/** Properties that become members of the definition, and marks. All others are kept as received. */
const READ = ['description', 'tags', 'properties', 'image', 'build', 'isAnonymous', 'isArchived'];
const DOCKERFILE = 'Dockerfile';
const CURATED: EnvironmentRecord = {
  name: String(AZUREML_TRITON.name),
  version: '1',
  definition: AZUREML_TRITON,
};

/**
 * Environments, the same as those of `az ml environment`.
 * @param origin `https://HOST:PORT` of this server
 */
export function environments(
  workspace: AzureWorkspace,
  blobs: Blobs,
  origin: () => string,
): VersionedAsset<EnvironmentRecord> {
  return {
    kind: 'environments',
    noun: 'environment',
    records: ({ environments: registered }) => [CURATED, ...registered],
    lastVersion: (state, name) => highestVersion(state.environments, name),
    describe: (environment) => describe(environment, origin()),
    async put({ name, version }, properties, before) {
      if (before === CURATED)
        throw new ArmError(400, 'UserError', `${name} is a curated environment, which cannot be changed.`);
      const { build, buildContext } = await buildOf(workspace, blobs, properties, before, origin());
      return putEnvironmentVersion(workspace, {
        name,
        version,
        condaFile: textProperty(properties, 'condaFile'),
        value: {
          ...optional('description', textProperty(properties, 'description')),
          tags: labelsProperty(properties, 'tags'),
          properties: labelsProperty(properties, 'properties'),
          ...optional('image', textProperty(properties, 'image')),
          ...optional('os_type', textProperty(properties, 'osType')?.toLowerCase()),
          ...optional('inference_config', inferenceConfig(properties)),
          ...optional('build', build),
        },
        isAnonymous: flagProperty(properties, 'isAnonymous'),
        isArchived: flagProperty(properties, 'isArchived'),
        otherProperties: otherProperties(properties, READ),
        ...(buildContext && { buildContext }),
      });
    },
    remove: ({ name, version }) => workspace.removeVersion('environments', name, version),
  };
}

function describe(environment: EnvironmentRecord, origin: string): AssetProperties {
  const { definition, buildContext } = environment;
  const docker = objectProperty(definition, 'docker') ?? {};
  const build = objectProperty(docker, 'build');
  const conda = condaTextOf(definition);
  return {
    osType: 'Linux',
    environmentType: environment === CURATED ? 'Curated' : 'UserCreated',
    ...(conda !== undefined && { condaFile: conda }),
    ...environment.otherProperties,
    description: definition.description ?? null,
    tags: definition.tags ?? {},
    properties: definition.properties ?? {},
    ...(docker.baseImage != null && { image: docker.baseImage }),
    ...(build &&
      buildContext && {
        build: {
          contextUri: `${blobUri(origin, buildContext)}/`,
          dockerfilePath: build.dockerfile_path ?? DOCKERFILE,
        },
      }),
  };
}

/** The build context, whose folder is stored, as the member `build` of a YAML file. */
async function buildOf(
  workspace: AzureWorkspace,
  blobs: Blobs,
  properties: AssetProperties,
  before: EnvironmentRecord | undefined,
  origin: string,
) {
  const given = objectProperty(properties, 'build');
  if (!given) return {};
  const uri = textProperty(given, 'contextUri');
  if (uri === undefined)
    throw new ArmError(
      400,
      'ValidationError',
      'properties.build.contextUri is missing: it says where the files are.',
    );
  const known = before?.buildContext;
  const isUnchanged = known && isSameUri(uri, blobUri(origin, known));
  const buildContext = isUnchanged ? known : await storeContext(workspace, blobs, uri);
  const dockerfile = textProperty(given, 'dockerfilePath') ?? DOCKERFILE;
  return { buildContext, build: { path: workspace.codeOf(buildContext), dockerfile_path: dockerfile } };
}

async function storeContext(workspace: AzureWorkspace, blobs: Blobs, uri: string) {
  const { entry, files } = await uploadAt(blobs, uri, 'build.contextUri');
  return workspace.storeCode(entry, files);
}

/** `inferenceConfig` in the spelling of YAML files. */
function inferenceConfig(properties: AssetProperties): JsonObject | undefined {
  const given = objectProperty(properties, 'inferenceConfig');
  if (!given) return undefined;
  return {
    ...optional('liveness_route', objectProperty(given, 'livenessRoute')),
    ...optional('readiness_route', objectProperty(given, 'readinessRoute')),
    ...optional('scoring_route', objectProperty(given, 'scoringRoute')),
  };
}

function optional(name: string, value: unknown): JsonObject {
  return value === undefined ? {} : { [name]: value };
}
