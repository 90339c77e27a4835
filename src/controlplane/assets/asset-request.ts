import type { FastifyRequest } from 'fastify';
import type { ListView } from '../../azureml/index.ts';
import { ArmError } from '../arm-error.ts';
import type { WorkspaceParams } from '../resource-id.ts';

export interface NameParams extends WorkspaceParams {
  readonly name: string;
}

export interface VersionParams extends NameParams {
  readonly version: string;
}

/** `properties` of a request's body, whose members are checked one by one. */
export type AssetProperties = Readonly<Record<string, unknown>>;

/** The schema of the body of a PUT: `{"properties": {...}}` and members without a meaning here. */
export const assetBody = {
  type: 'object',
  required: ['properties'],
  properties: { properties: { type: 'object' } },
} as const;

export interface AssetBody {
  readonly properties: AssetProperties;
}

/** What a list is limited to. */
export interface ListQuery {
  /** At most so many, the newest. */
  readonly top: number | undefined;
  readonly view: ListView;
}

/**
 * Reads `$top` and `listViewType`. Lists are on one page and newest first, whatever `$orderBy` says: no caller asks for
 * another order.
 * @throws ArmError 400
 */
export function listQuery({ query }: FastifyRequest): ListQuery {
  const { $top: top, listViewType: view = 'ActiveOnly' } = query as Readonly<Record<string, unknown>>;
  if (view !== 'ActiveOnly' && view !== 'ArchivedOnly' && view !== 'All')
    throw invalid('listViewType', 'is ActiveOnly, ArchivedOnly or All', view);
  if (top === undefined) return { top: undefined, view };
  if (!/^\d{1,9}$/.test(String(top))) throw invalid('$top', 'is a number', top);
  return { top: Number(top), view };
}

/** `{"value": [...]}` of items that are given oldest first. */
export function listAnswer<Item>(
  items: readonly Item[],
  { top }: ListQuery,
  toJson: (item: Item) => object,
): { readonly value: readonly object[] } {
  return { value: items.toReversed().slice(0, top).map(toJson) };
}

/** @throws ArmError 400 if it is there and no text */
export function textProperty(properties: AssetProperties, name: string): string | undefined {
  const value = properties[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw invalid(`properties.${name}`, 'is a text', value);
  return value;
}

/** @throws ArmError 400 if it is there and neither true nor false */
export function flagProperty(properties: AssetProperties, name: string): boolean {
  const value = properties[name] ?? false;
  if (typeof value !== 'boolean') throw invalid(`properties.${name}`, 'is true or false', value);
  return value;
}

/** @throws ArmError 400 if it is there and no object */
export function objectProperty(properties: AssetProperties, name: string): AssetProperties | undefined {
  const value = properties[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value))
    throw invalid(`properties.${name}`, 'is an object', value);
  return { ...value };
}

/** Tags and properties; numbers become texts. @throws ArmError 400 if it is there and no object of such */
export function labelsProperty(properties: AssetProperties, name: string): Readonly<Record<string, string>> {
  const labels = Object.entries(objectProperty(properties, name) ?? {}).filter(([, value]) => value !== null);
  const wrong = labels.find(([, value]) => typeof value === 'object');
  if (wrong) throw invalid(`properties.${name}.${wrong[0]}`, 'is a text', wrong[1]);
  return Object.fromEntries(labels.map(([key, value]) => [key, String(value)]));
}

/** The properties without those that are read one by one. */
export function otherProperties(properties: AssetProperties, known: readonly string[]): AssetProperties {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !known.includes(name)));
}

function invalid(what: string, rule: string, value: unknown): ArmError {
  const shown = JSON.stringify(value)?.slice(0, 100);
  return new ArmError(400, 'ValidationError', `${what} ${rule}, not ${shown}.`);
}

/** The schema of a body whose members mean nothing here, and which may be left out. */
export const ignoredBody = { type: 'object', nullable: true } as const;
