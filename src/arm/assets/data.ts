import type { FastifyInstance } from 'fastify';
import { checkAssetName } from '../../azureml/index.ts';
import type { DataRecord } from '../../workspace/index.ts';
import { notFound } from '../arm-error.ts';
import type { ArmContext } from '../context.ts';
import { resourceId, WORKSPACE_PATH, type WorkspaceParams } from '../resource-id.ts';
import { systemData } from '../system-data.ts';
import {
  type AssetBody,
  assetBody,
  listAnswer,
  listQuery,
  type NameParams,
  type VersionParams,
} from './asset-request.ts';

const TYPE = 'Microsoft.MachineLearningServices/workspaces/data/versions';

/** Data assets, which the SDK makes for what a deployment collects. They are kept as received. */
export function addDataRoutes(app: FastifyInstance, { workspace }: ArmContext): void {
  const versions = `${WORKSPACE_PATH}/data/:name/versions`;
  const find = async ({ name, version }: VersionParams) =>
    (await workspace.read()).data.find((it) => it.name === name && it.version === version);

  app.get<{ Params: NameParams }>(versions, async (request) => {
    const { params } = request;
    const { data } = await workspace.read();
    const found = data.filter(({ name }) => name === params.name);
    return listAnswer(found, listQuery(request), (record) => dataJson(params, record));
  });
  app.get<{ Params: VersionParams }>(`${versions}/:version`, async ({ params }) => {
    const record = await find(params);
    if (record) return dataJson(params, record);
    throw notFound(`The data asset ${params.name}:${params.version}`);
  });
  app.put<{ Params: VersionParams; Body: AssetBody }>(
    `${versions}/:version`,
    { schema: { body: assetBody } },
    async ({ params, body }, reply) => {
      const { name, version } = params;
      checkAssetName('data name', name);
      checkAssetName('version', version);
      const before = await find(params);
      const now = new Date().toISOString();
      const createdTime = before?.createdTime ?? now;
      const record = { name, version, createdTime, lastModifiedTime: now, otherProperties: body.properties };
      await workspace.putData(record);
      return reply.code(before ? 200 : 201).send(dataJson(params, record));
    },
  );
}

function dataJson(params: WorkspaceParams, record: DataRecord): object {
  return {
    id: resourceId(params, 'data', record.name, 'versions', record.version),
    name: record.version,
    type: TYPE,
    properties: record.otherProperties ?? {},
    systemData: systemData(record.createdTime, record.lastModifiedTime),
  };
}
