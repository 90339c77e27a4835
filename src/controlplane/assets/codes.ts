import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { checkAssetName } from '../../azureml/index.ts';
import type { CodeRecord } from '../../workspace/index.ts';
import { ArmError, notFound } from '../arm-error.ts';
import { isPendingContainer } from '../blob/blob-name.ts';
import { ACCOUNT_PATH } from '../blob/blob-routes.ts';
import type { Blobs } from '../blob/blobs.ts';
import { signatureQuery } from '../blob/signature.ts';
import type { ArmContext } from '../context.ts';
import { resourceId, WORKSPACE_PATH, type WorkspaceParams } from '../resource-id.ts';
import { systemData } from '../system-data.ts';
import {
  type AssetBody,
  assetBody,
  flagProperty,
  ignoredBody,
  listAnswer,
  listQuery,
  type NameParams,
  objectProperty,
  otherProperties,
  textProperty,
  type VersionParams,
} from './asset-request.ts';
import { blobUri, isSameUri, parseAssetUri } from './asset-uri.ts';
import { uploadAt } from './uploads.ts';

const TYPE = 'Microsoft.MachineLearningServices/workspaces/codes/versions';
const READ = ['codeUri', 'isAnonymous', 'isArchived'];

/** Source directories of deployments, which the SDK uploads into containers of their own. */
export function addCodeRoutes(app: FastifyInstance, context: ArmContext, blobs: Blobs): void {
  const { workspace } = context;
  const versions = `${WORKSPACE_PATH}/codes/:name/versions`;
  const find = async ({ name, version }: VersionParams) =>
    (await workspace.read()).codes.find((code) => code.name === name && code.version === version);

  app.get<{ Params: NameParams }>(versions, async (request) => {
    const { params } = request;
    const { hash } = request.query as { readonly hash?: unknown };
    const { codes } = await workspace.read();
    // The name is new in every query: known content is found under any.
    const found = codes.filter((code) =>
      hash === undefined ? code.name === params.name : hashOf(code) === hash,
    );
    return listAnswer(found, listQuery(request), (code) => codeJson(context, params, code));
  });
  app.post<{ Params: VersionParams }>(
    `${versions}/:version/startPendingUpload`,
    { schema: { body: ignoredBody } },
    async () => {
      const container = `upload-${randomUUID().replaceAll('-', '')}`;
      await blobs.uploads.createContainer(container);
      const blobUrl = `${context.origin()}${ACCOUNT_PATH}/${container}`;
      return {
        pendingUploadId: container,
        pendingUploadType: 'TemporaryBlobReference',
        blobReferenceForConsumption: {
          blobUri: blobUrl,
          storageAccountArmId: '/local',
          credential: { credentialType: 'SAS', sasUri: `${blobUrl}?${signatureQuery(context.secrets)}` },
        },
      };
    },
  );
  app.get<{ Params: VersionParams }>(`${versions}/:version`, async ({ params }) => {
    const code = await find(params);
    if (code) return codeJson(context, params, code);
    throw notFound(`The code ${params.name}:${params.version}`);
  });
  app.put<{ Params: VersionParams; Body: AssetBody }>(
    `${versions}/:version`,
    { schema: { body: assetBody } },
    async ({ params, body: { properties } }, reply) => {
      checkAssetName('code name', params.name);
      checkAssetName('version', params.version);
      const before = await find(params);
      const uri = textProperty(properties, 'codeUri');
      if (uri === undefined)
        throw new ArmError(
          400,
          'ValidationError',
          'properties.codeUri is missing: it says where the files are.',
        );
      const isUnchanged = before && isSameUri(uri, blobUri(context.origin(), before));
      const stored = isUnchanged ? before : await store(context, blobs, uri);
      const now = new Date().toISOString();
      const code: CodeRecord = {
        name: params.name,
        version: params.version,
        entry: stored.entry,
        content: stored.content,
        bytes: stored.bytes,
        createdTime: before?.createdTime ?? now,
        lastModifiedTime: now,
        isAnonymous: flagProperty(properties, 'isAnonymous'),
        isArchived: flagProperty(properties, 'isArchived'),
        otherProperties: otherProperties(properties, READ),
      };
      await workspace.putCode(code);
      return reply.code(before ? 200 : 201).send(codeJson(context, params, code));
    },
  );
}

/** Stores uploaded code. A container that was made for it has served its purpose. */
async function store({ workspace }: ArmContext, blobs: Blobs, uri: string) {
  const { entry, files } = await uploadAt(blobs, uri, 'codeUri');
  const stored = await workspace.storeCode(entry, files);
  const { container } = parseAssetUri(uri, 'codeUri');
  if (isPendingContainer(container)) await blobs.uploads.removeContainer(container);
  return stored;
}

function hashOf({ otherProperties: other = {} }: CodeRecord): unknown {
  return objectProperty(other, 'properties')?.hash_sha256;
}

function codeJson({ origin }: ArmContext, params: WorkspaceParams, code: CodeRecord): object {
  return {
    id: resourceId(params, 'codes', code.name, 'versions', code.version),
    name: code.version,
    type: TYPE,
    properties: {
      ...code.otherProperties,
      codeUri: blobUri(origin(), code),
      isAnonymous: code.isAnonymous ?? false,
      isArchived: code.isArchived ?? false,
      provisioningState: 'Succeeded',
    },
    systemData: systemData(code.createdTime, code.lastModifiedTime),
  };
}
