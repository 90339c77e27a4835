import { statSync } from 'node:fs';
import path from 'node:path';
import type { JsonObject } from '../../workspace/index.ts';
import { isRegistryReference } from './references.ts';
import { SCHEMA_DATA, type Schema } from './schema-data.ts';

/** One thing that azure-ai-ml refuses in a file. */
export interface Fault {
  /** Names of members, indices of lists; `_schema` last where an object as a whole is meant. */
  readonly path: readonly string[];
  readonly text: string;
  /** Ends the reading of the file, whatever alternatives there are. */
  readonly isFinal?: true;
}

/** How marshmallow, which azure-ai-ml reads files with, names an object as a whole. */
export const WHOLE = '_schema';

/** What a hook makes of what the file has, or what it has against it. */
type Prepared = { readonly value: unknown } | { readonly fault: string };

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

const without = (value: JsonObject, isGone: (name: string, member: unknown) => boolean): JsonObject =>
  Object.fromEntries(Object.entries(value).filter(([name, member]) => !isGone(name, member)));

/** The hooks of azure-ai-ml's schemas that change or refuse what a file has before it is read, by their names. */
const BEFORE: Readonly<Record<string, (value: unknown, schema: Schema) => Prepared>> = {
  trim_dump_only: (value, { members }) => ({
    value: isObject(value)
      ? without(value, (name, member) => members[name]?.readOnly === true && member !== null)
      : value,
  }),
  // `file:other.yml` is read before the file is checked: see `withEnvironmentFile`.
  load_from_file: (value) => ({ value }),
  pre_load: (value) => {
    if (typeof value === 'string') return { fault: 'Environment schema data cannot be a string' };
    const isConda = isObject(value) && ('channels' in value || 'dependencies' in value);
    return isConda ? { fault: SCHEMA_DATA.condaInsteadOfEnvironment } : { value };
  },
  warn_if_named: (value) => ({
    value: isObject(value) ? without(value, (name) => name === 'name' || name === 'version') : value,
  }),
  conversion: (value) => ({
    value: isObject(value)
      ? Object.fromEntries(
          Object.entries(value).map(([name, member]) => [name === 'nvidia.com/gpu' ? 'gpu' : name, member]),
        )
      : value,
  }),
};

/** Runs the hooks of a schema in their order. */
export function prepare(value: unknown, schema: Schema): Prepared {
  let prepared: Prepared = { value };
  for (const name of schema.before ?? []) {
    if ('fault' in prepared) return prepared;
    prepared = BEFORE[name]?.(prepared.value, schema) ?? prepared;
  }
  return prepared;
}

/** The validators of azure-ai-ml's schemas, by their names: what they have against a member that was read. */
const RULES: Readonly<Record<string, (value: unknown) => string | undefined>> = {
  validate_traffic: (value) => {
    const percents = isObject(value) ? Object.values(value).map(Number) : [];
    const total = percents.reduce((sum, percent) => sum + percent, 0);
    return total > 100 ? 'Traffic rule percentages must sum to less than or equal to 100%' : undefined;
  },
  validate_sampling_rate: (value) =>
    Number(value) > 1 || Number(value) < 0 ? 'Sampling rate must be an number in range (0.0-1.0)' : undefined,
  validate_user_assigned_identities: (value) =>
    Array.isArray(value) && value.length > 1
      ? `Only 1 user assigned identity is currently supported, ${value.length} found`
      : undefined,
};

export const ruleFault = (name: string, value: unknown): string | undefined => RULES[name]?.(value);

const REGISTRY_REFUSED: readonly (readonly [member: string, told: string])[] = [
  ['environment', 'environments'],
  ['model', 'models'],
];

/**
 * What azure-ai-ml has against an object that was read without a fault, when it makes an entity of it.
 * @param base the folder that relative paths start at.
 */
export function entityFault(schemaName: string, value: JsonObject, base: string): Fault | undefined {
  if (schemaName === 'KubernetesOnlineDeploymentSchema') {
    const refused = REGISTRY_REFUSED.find(([member]) => isRegistryReference(value[member]));
    const text = `Registry reference for ${refused?.[1]} is not supported for K8SDeployment`;
    return refused && { path: [WHOLE], text };
  }
  if (schemaName === 'DataCollectorSchema') {
    const isEmpty = value.collections === undefined;
    return isEmpty ? { path: ['collections'], text: SCHEMA_DATA.texts.required } : undefined;
  }
  if (!/(?:Model|Environment)Schema$/.test(schemaName)) return undefined;
  if (value.version !== undefined && !value.name)
    return { path: [], text: 'If version is specified, name must be specified also.' };
  return condaFault(value.conda_file, base);
}

/** The path of a file, or what such a file holds. */
function condaFault(conda: unknown, base: string): Fault | undefined {
  if (!conda || isObject(conda) || (Array.isArray(conda) && conda.length === 0)) return undefined;
  if (typeof conda !== 'string') return { path: ['conda_file'], text: SCHEMA_DATA.textsOf.string.invalid };
  const file = path.resolve(base, conda);
  if (statSync(file, { throwIfNoEntry: false })?.isFile()) return undefined;
  return { path: [], text: `No such file or directory: ${file}` };
}
