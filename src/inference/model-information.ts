import { datatypeOfConfig, invalidArgument, type ModelMetadata } from '../kserve/index.ts';
import type { LoadedVersion } from './loaded-version.ts';
import type { ModelTable } from './model-table.ts';

/** What a server says of itself. */
export interface ServerMetadata {
  readonly name: string;
  readonly version: string;
  readonly extensions: readonly string[];
}

/** Triton's extensions in its order; those we only answer honestly are listed as it lists them. */
const EXTENSIONS = [
  'classification',
  'sequence',
  'model_repository',
  'model_repository(unload_dependents)',
  'schedule_policy',
  'model_configuration',
  'system_shared_memory',
  'cuda_shared_memory',
  'binary_tensor_data',
  'parameters',
  'statistics',
  'trace',
  'logging',
];

export function describeServer(version: string): ServerMetadata {
  return { name: 'triton', version, extensions: EXTENSIONS };
}

/** @throws KServeError for what does not serve */
export function describeModel(models: ModelTable, name: string, version: string | undefined): ModelMetadata {
  const model = models.find(name, version);
  const versions = version === undefined ? models.readyVersions(name) : [model];
  const { config } = model;
  const batch = config.max_batch_size > 0 ? [-1] : [];
  const tensor = (given: { name: string; data_type: string; dims: readonly number[] }) => ({
    name: given.name,
    datatype: datatypeOfConfig(given.data_type) ?? '<invalid>',
    shape: [...batch, ...given.dims],
  });
  return {
    name,
    versions: versions.map((loaded) => loaded.version),
    platform: model.platform,
    inputs: config.input.map(tensor),
    outputs: config.output.map(tensor),
  };
}

/** The statistics of one model's versions. @throws KServeError for what does not serve */
export function modelStatistics(
  models: ModelTable,
  name: string,
  version: string | undefined,
): readonly unknown[] {
  const ready = models.readyVersions(name);
  if (ready.length === 0) throw invalidArgument(`requested model '${name}' is not available`);
  const found = version === undefined ? ready : ready.filter((loaded) => loaded.version === version);
  if (found.length === 0)
    throw invalidArgument(`requested model version is not available for model '${name}'`);
  return reports(name, found);
}

/** The statistics of all versions that serve, by the names of their models. */
export function allStatistics(models: ModelTable): readonly unknown[] {
  return models.names().flatMap((name) => reports(name, models.readyVersions(name)));
}

function reports(name: string, versions: readonly LoadedVersion[]): readonly unknown[] {
  return versions.map(({ statistics, version }) => statistics.report(name, version));
}
