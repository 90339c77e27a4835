import { userError } from '../base/index.ts';
import type { AzureState, EndpointRecord, JsonObject, Labels } from '../workspace/index.ts';
import { type Document, objectIn, textIn } from './document.ts';
import { textsOf } from './labels.ts';
import type { Notify } from './models.ts';
import {
  checkEndpoint,
  checkMirrorTraffic,
  checkOnlineName,
  checkTraffic,
  requireMember,
} from './online-schema.ts';
import { endpointIn } from './online-state.ts';
import { withFlags } from './settings-path.ts';

/** A requested endpoint: its file and flags. */
export interface EndpointRequest {
  readonly document: Document | undefined;
  readonly name: string | undefined;
  readonly authMode: string | undefined;
  readonly profile: string | undefined;
  /** `--local`: without the cloud's limits, unless `profile` sets them. */
  readonly local: boolean;
  readonly set: readonly string[];
}

const AUTH_MODES = ['key', 'aml_token', 'aad_token'] as const;
const PROFILES = ['none', 'managed'] as const;

/** Changes to an endpoint besides those of its file. */
export interface EndpointChange extends EndpointRequest {
  /** `blue=90` each; undefined keeps the traffic split. */
  readonly traffic: Labels | undefined;
  /** `green=10`; undefined keeps what is mirrored. */
  readonly mirrorTraffic: Labels | undefined;
}

/** A checked endpoint beside the one that it changes. */
export interface EndpointPlan {
  readonly before: EndpointRecord | undefined;
  readonly record: EndpointRecord;
}

/** The name of a requested endpoint. @throws AZUREML_REFUSED */
export function endpointName({ name, document }: EndpointRequest): string {
  return name ?? requireMember(document?.value ?? {}, 'name', document);
}

/** Checks an endpoint to be created or replaced. @throws AZUREML_REFUSED */
export function planEndpoint({ endpoints }: AzureState, request: EndpointRequest): EndpointPlan {
  const value = requestedValue(request, {});
  const name = endpointName(request);
  checkOnlineName(name, 'an endpoint');
  const before = endpoints.find((it) => it.name === name);
  return checked(before, recordOf(name, value, before, request), request);
}

/** Checks a change of an endpoint. @throws AZUREML_REFUSED, ENDPOINT_NOT_FOUND */
export function planEndpointChange(state: AzureState, request: EndpointChange): EndpointPlan {
  const before = endpointIn(state, endpointName(request));
  const { definition, traffic, mirrorTraffic } = before;
  const value = requestedValue(request, { ...definition, traffic, mirror_traffic: mirrorTraffic ?? {} });
  const changed = {
    ...value,
    ...(request.traffic && { traffic: numbersOf(request.traffic) }),
    ...(request.mirrorTraffic && { mirror_traffic: numbersOf(request.mirrorTraffic) }),
  };
  return checked(before, recordOf(before.name, changed, before, request), request);
}

function checked(
  before: EndpointRecord | undefined,
  record: EndpointRecord,
  { document }: EndpointRequest,
): EndpointPlan {
  const names = record.deployments.map((it) => it.name);
  checkTraffic(record.traffic, names, document);
  checkMirrorTraffic(record.mirrorTraffic ?? {}, record.traffic, names, document);
  return { before, record };
}

function requestedValue(request: EndpointRequest, under: JsonObject): JsonObject {
  const { document } = request;
  const flags = { name: request.name, auth_mode: request.authMode };
  return checkEndpoint({ ...under, ...withFlags(document, flags, request.set) }, document);
}

function recordOf(
  name: string,
  value: JsonObject,
  before: EndpointRecord | undefined,
  request: EndpointRequest,
): EndpointRecord {
  const { traffic: _traffic, mirror_traffic: _mirrored, ...definition } = value;
  const now = new Date().toISOString();
  return {
    name,
    authMode: oneOf(
      AUTH_MODES,
      request.authMode ?? textIn(value, 'auth_mode') ?? before?.authMode ?? 'key',
      'auth_mode',
    ),
    profile: oneOf(
      PROFILES,
      request.profile ?? before?.profile ?? (request.local ? 'none' : 'managed'),
      '--profile',
    ),
    description: textIn(value, 'description') ?? null,
    tags: textsOf(objectIn(value, 'tags')),
    properties: textsOf(objectIn(value, 'properties')),
    traffic: percentsOf(objectIn(value, 'traffic')),
    mirrorTraffic: percentsOf(objectIn(value, 'mirror_traffic')),
    createdTime: before?.createdTime ?? now,
    updatedTime: now,
    definition,
    running: before?.running ?? null,
    deployments: before?.deployments ?? [],
  };
}

/** Says that a running deployment keeps the limits that it was started with. */
export function notifyProfile(
  before: EndpointRecord | undefined,
  { profile }: EndpointRecord,
  notify: Notify,
): void {
  if (before && before.profile !== profile && before.deployments.some(({ running }) => running))
    notify(`WARNING: --profile ${profile} applies to each deployment from its next update`);
}

/** The matching choice, ignoring case. @throws AZUREML_REFUSED with azure-ai-ml's message. */
export function oneOf<Choice extends string>(
  choices: readonly Choice[],
  value: string,
  what: string,
): Choice {
  const found = choices.find((choice) => choice === value.toLowerCase());
  if (found) return found;
  throw userError(
    'AZUREML_REFUSED',
    `${what}: Value '${value}' passed is not in set ${JSON.stringify(choices)}`,
  );
}

const numbersOf = (percentages: Labels): JsonObject =>
  Object.fromEntries(Object.entries(percentages).map(([name, text]) => [name, Number(text)]));

/** A value that is not a number is kept as it is, for the check to report. */
const percentsOf = (value: JsonObject = {}): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(value).map(([name, percent]) => [name, percent as number]));
