import type { FastifyInstance } from 'fastify';
import {
  type AssetKind,
  archiveName,
  isListed,
  isNameArchived,
  requireNameRestored,
} from '../../azureml/index.ts';
import type { AssetMarks, AzureState, AzureWorkspace } from '../../workspace/index.ts';
import { notFound } from '../arm-error.ts';
import { resourceId, WORKSPACE_PATH, type WorkspaceParams } from '../resource-id.ts';
import { systemData } from '../system-data.ts';
import {
  type AssetBody,
  type AssetProperties,
  assetBody,
  flagProperty,
  listAnswer,
  listQuery,
  type NameParams,
  type VersionParams,
} from './asset-request.ts';

const PROVIDER = 'Microsoft.MachineLearningServices/workspaces';

/** A record with a name and versions. */
export interface VersionedRecord extends AssetMarks {
  readonly name: string;
  readonly version: string | number;
  readonly createdTime?: string;
}

/** What the routes of a kind of asset need to know of it. */
export interface VersionedAsset<Record extends VersionedRecord> {
  readonly kind: AssetKind;
  /** For messages, such as `model`. */
  readonly noun: string;
  /** Oldest first. */
  records(state: AzureState): readonly Record[];
  /** The highest number that a version of this name has had. */
  lastVersion(state: AzureState, name: string): number;
  /** The properties of a version in an answer, but for its marks. */
  describe(record: Record, params: WorkspaceParams): AssetProperties;
  /** Creates or changes a version. @param before the one that exists */
  put(params: VersionParams, properties: AssetProperties, before: Record | undefined): Promise<Record>;
  remove(record: Record): Promise<void>;
}

/** The highest number among the versions of a name; 0 if none is a number. */
export function highestVersion(records: readonly VersionedRecord[], name: string): number {
  const numbers = records.filter((it) => it.name === name).map((it) => Number(it.version) || 0);
  return numbers.reduce((highest, number) => Math.max(highest, number), 0);
}

/** Lists, names and versions of one kind of asset. */
export function addVersionedRoutes<Record extends VersionedRecord>(
  app: FastifyInstance,
  workspace: AzureWorkspace,
  asset: VersionedAsset<Record>,
): void {
  const { kind, noun } = asset;
  const collection = `${WORKSPACE_PATH}/${kind}`;
  const version = `${collection}/:name/versions/:version`;
  const find = (state: AzureState, params: VersionParams) =>
    asset.records(state).find((it) => it.name === params.name && String(it.version) === params.version);
  const nameJson = async (params: WorkspaceParams, name: string) =>
    containerJson(asset, params, await workspace.read(), name);
  const schema = { body: assetBody };

  app.get<{ Params: WorkspaceParams }>(collection, async (request) => {
    const state = await workspace.read();
    const query = listQuery(request);
    const listed = asset.records(state).filter((record) => isListed(state, kind, record, query.view));
    const names = [...new Set(listed.map(({ name }) => name))];
    return listAnswer(names, query, (name) => containerJson(asset, request.params, state, name));
  });
  app.get<{ Params: NameParams }>(`${collection}/:name`, ({ params }) => nameJson(params, params.name));
  app.put<{ Params: NameParams; Body: AssetBody }>(
    `${collection}/:name`,
    { schema },
    async ({ params, body }) => {
      await nameJson(params, params.name);
      await archiveName(workspace, kind, params.name, flagProperty(body.properties, 'isArchived'));
      return nameJson(params, params.name);
    },
  );
  app.get<{ Params: NameParams }>(`${collection}/:name/versions`, async (request) => {
    const { params } = request;
    const state = await workspace.read();
    const query = listQuery(request);
    const listed = asset
      .records(state)
      .filter((it) => it.name === params.name && isListed(state, kind, it, query.view));
    return listAnswer(listed, query, (record) => versionJson(asset, params, record));
  });
  app.get<{ Params: VersionParams }>(version, async ({ params }) => {
    const record = find(await workspace.read(), params);
    if (record) return versionJson(asset, params, record);
    throw notFound(`The ${noun} ${params.name}:${params.version}`);
  });
  app.put<{ Params: VersionParams; Body: AssetBody }>(
    version,
    { schema },
    async ({ params, body: { properties } }, reply) => {
      const state = await workspace.read();
      const before = find(state, params);
      if (before?.isArchived && !flagProperty(properties, 'isArchived'))
        requireNameRestored(state, kind, params.name);
      const record = await asset.put(params, properties, before);
      return reply.code(before ? 200 : 201).send(versionJson(asset, params, record));
    },
  );
  app.delete<{ Params: VersionParams }>(version, async ({ params }, reply) => {
    const record = find(await workspace.read(), params);
    if (record) await asset.remove(record);
    return reply.code(record ? 200 : 204).send();
  });
}

function versionJson<Record extends VersionedRecord>(
  asset: VersionedAsset<Record>,
  params: WorkspaceParams,
  record: Record,
): object {
  const version = String(record.version);
  return {
    id: resourceId(params, asset.kind, record.name, 'versions', version),
    name: version,
    type: `${PROVIDER}/${asset.kind}/versions`,
    properties: {
      ...asset.describe(record, params),
      isAnonymous: record.isAnonymous ?? false,
      isArchived: record.isArchived ?? false,
      provisioningState: 'Succeeded',
    },
    systemData: systemData(record.createdTime, record.lastModifiedTime),
  };
}

/** A name with all its versions. @throws ArmError 404 if it has none */
function containerJson<Record extends VersionedRecord>(
  asset: VersionedAsset<Record>,
  params: WorkspaceParams,
  state: AzureState,
  name: string,
): object {
  const versions = asset.records(state).filter((record) => record.name === name && !record.isAnonymous);
  const [first] = versions;
  if (!first) throw notFound(`The ${asset.noun} ${name}`);
  const isArchived = isNameArchived(state, asset.kind, name);
  const latest = versions.findLast((record) => isArchived || !record.isArchived);
  return {
    id: resourceId(params, asset.kind, name),
    name,
    type: `${PROVIDER}/${asset.kind}`,
    properties: {
      description: null,
      tags: {},
      properties: {},
      isArchived,
      latestVersion: latest === undefined ? null : String(latest.version),
      nextVersion: String(asset.lastVersion(state, name) + 1),
      provisioningState: 'Succeeded',
    },
    systemData: systemData(first.createdTime, versions.at(-1)?.createdTime),
  };
}
