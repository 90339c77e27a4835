import type { EndpointStatus } from '../../azureml/index.ts';
import type { EndpointRecord, JsonObject } from '../../workspace/index.ts';
import { ArmError } from '../arm-error.ts';
import { resourceId, type WorkspaceParams } from '../resource-id.ts';
import { systemData } from '../system-data.ts';
import { given } from './request-document.ts';
import { pascalCase, snakeCase } from './word-case.ts';

/** The body of `PUT onlineEndpoints/NAME`, as far as it means something here. */
export interface EndpointBody {
  readonly tags?: JsonObject | null;
  readonly identity?: { readonly type?: string; readonly userAssignedIdentities?: JsonObject | null } | null;
  readonly properties: {
    readonly authMode?: string | null;
    readonly compute?: string | null;
    readonly description?: string | null;
    readonly properties?: JsonObject | null;
    readonly publicNetworkAccess?: string | null;
    readonly traffic?: JsonObject | null;
    readonly mirrorTraffic?: JsonObject | null;
  };
}

const text = { type: 'string', nullable: true } as const;
const texts = { type: 'object', nullable: true } as const;
const percentages = {
  type: 'object',
  nullable: true,
  additionalProperties: { type: 'integer' },
} as const;

export const endpointBody = {
  type: 'object',
  required: ['properties'],
  properties: {
    location: text,
    tags: texts,
    identity: {
      type: 'object',
      nullable: true,
      properties: { type: { type: 'string' }, userAssignedIdentities: texts },
    },
    properties: {
      type: 'object',
      properties: {
        authMode: text,
        compute: text,
        description: text,
        properties: texts,
        publicNetworkAccess: text,
        traffic: percentages,
        mirrorTraffic: percentages,
      },
    },
  },
} as const;

/** ARM's word for each of the file's. */
const AUTH_MODES = { key: 'Key', aml_token: 'AMLToken', aad_token: 'AADToken' } as const;
/** Properties that the SDK sends back as it read them. */
const READ_ONLY = new Set(['createdBy', 'createdAt', 'lastModifiedAt', 'lastModifiedBy']);

/**
 * An endpoint as a file of az defines it.
 * @param before the endpoint of that name, whose deployments give the names in the traffic: the SDK makes them lower case.
 */
export function endpointFile(
  name: string,
  body: EndpointBody,
  before: EndpointRecord | undefined,
): JsonObject {
  const { properties, identity } = body;
  const names = new Map(before?.deployments.map((it) => [it.name.toLowerCase(), it.name]));
  const split = (traffic: JsonObject | null | undefined) =>
    Object.fromEntries(
      Object.entries(traffic ?? {}).map(([key, percent]) => [names.get(key.toLowerCase()) ?? key, percent]),
    );
  const own = Object.entries(properties.properties ?? {}).filter(([key]) => !READ_ONLY.has(key));
  return given({
    name,
    auth_mode: properties.authMode ? authMode(properties.authMode) : before?.authMode,
    compute: properties.compute && computeReference(properties.compute),
    description: properties.description,
    identity: identity?.type && { type: snakeCase(identity.type) },
    properties: Object.fromEntries(own),
    public_network_access: properties.publicNetworkAccess?.toLowerCase(),
    tags: body.tags ?? {},
    traffic: split(properties.traffic),
    mirror_traffic: split(properties.mirrorTraffic),
  });
}

function authMode(word: string): string {
  const [found] =
    Object.entries(AUTH_MODES).find(([, theirs]) => theirs.toLowerCase() === word.toLowerCase()) ?? [];
  if (found !== undefined) return found;
  const choices = Object.values(AUTH_MODES).join(', ');
  throw new ArmError(400, 'BadArgument', `authMode: "${word}" is not one of ${choices}.`);
}

/** A cluster by its id or its name. */
function computeReference(compute: string): string {
  return `azureml:${compute.split('/').at(-1)}`;
}

/** An endpoint as ARM answers it. */
export function endpointResource(
  params: WorkspaceParams,
  { endpoint, provisioningState, servesTritonAlone }: EndpointStatus,
): JsonObject {
  const { name, definition, running } = endpoint;
  const { compute, identity, public_network_access: access } = definition;
  const base = running && `https://127.0.0.1:${running.port}`;
  const isOnKubernetes = typeof compute === 'string';
  return {
    id: resourceId(params, 'onlineEndpoints', name),
    name,
    type: 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints',
    location: 'local',
    kind: isOnKubernetes ? 'K8S' : 'Managed',
    tags: endpoint.tags,
    identity: identityResource(identity),
    properties: {
      authMode: AUTH_MODES[endpoint.authMode],
      ...(endpoint.description !== null && { description: endpoint.description }),
      properties: endpoint.properties,
      traffic: endpoint.traffic,
      mirrorTraffic: endpoint.mirrorTraffic ?? {},
      publicNetworkAccess: pascalCase(typeof access === 'string' ? access : 'enabled'),
      ...(isOnKubernetes && { compute: resourceId(params, 'computes', compute.replace(/^azureml:/, '')) }),
      ...(base && {
        scoringUri: servesTritonAlone ? `${base}/` : `${base}/score`,
        swaggerUri: `${base}/swagger.json`,
      }),
      provisioningState,
    },
    systemData: systemData(endpoint.createdTime, endpoint.updatedTime),
  };
}

function identityResource(identity: unknown): JsonObject {
  const type =
    typeof identity === 'object' && identity !== null && 'type' in identity ? identity.type : undefined;
  return { type: typeof type === 'string' ? pascalCase(type) : 'SystemAssigned' };
}
