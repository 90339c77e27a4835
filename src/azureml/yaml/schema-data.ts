import data from './schemas.json' with { type: 'json' };

interface Flags {
  readonly required?: boolean;
  readonly nullable?: boolean;
  /** What only the cloud gives: taken out of the file before it is read. */
  readonly readOnly?: boolean;
  readonly experimental?: boolean;
}

interface Reference extends Flags {
  readonly kind: 'reference' | 'versionedReference' | 'registryReference';
  readonly asset: string | null;
  /** What is said of a text that is no reference. */
  readonly text: string;
  readonly versionOptional?: boolean;
}

/** What azure-ai-ml takes for a member of a file. */
export type Field =
  | Reference
  | (Flags & { readonly kind: 'nested'; readonly schema: string })
  | (Flags & { readonly kind: 'union'; readonly of: readonly Field[] })
  | (Flags & {
      readonly kind: 'enum';
      readonly values: readonly string[];
      readonly casing: 'lower' | 'snake';
    })
  | (Flags & { readonly kind: 'mapping'; readonly keys?: Field; readonly values?: Field })
  | (Flags & { readonly kind: 'list'; readonly items: Field })
  | (Flags & {
      readonly kind: 'string';
      readonly pattern?: { readonly regex: string; readonly text: string };
    })
  | (Flags & { readonly kind: 'localPath'; readonly allowed: string })
  | (Flags & { readonly kind: 'integer' | 'float' | 'boolean' | 'version' | 'url' | 'dateTime' | 'raw' });

/** What azure-ai-ml takes for an object, and the code that it runs around reading it, by name (`rules.ts`). */
export interface Schema {
  readonly members: Readonly<Record<string, Field>>;
  /** Run in this order on what the file has. */
  readonly before?: readonly string[];
  /** Run on members that were read without a fault. */
  readonly rules?: Readonly<Record<string, string>>;
}

interface SchemaData {
  /** The release that the data was taken from. */
  readonly package: string;
  readonly texts: { readonly [name in 'null' | 'required' | 'type' | 'unknown']: string };
  readonly textsOf: {
    readonly [kind in 'boolean' | 'list' | 'mapping' | 'string' | 'url']: { readonly invalid: string };
  } & {
    readonly integer: { readonly invalid: string; readonly too_large: string };
    readonly float: { readonly invalid: string; readonly too_large: string; readonly special: string };
    readonly localPath: { readonly path_not_exist: string };
  };
  readonly booleans: { readonly true: readonly string[]; readonly false: readonly string[] };
  readonly condaInsteadOfEnvironment: string;
  readonly schemas: Readonly<Record<string, Schema>>;
}

/** The schemas of azure-ai-ml, as `.dev/azure-ai-ml-schemas.py` took them out of the package. */
export const SCHEMA_DATA = data as SchemaData;

/** A file that is read as a whole, by the name of its schema. */
export type FileSchema =
  | 'ManagedOnlineEndpointSchema'
  | 'KubernetesOnlineEndpointSchema'
  | 'ManagedOnlineDeploymentSchema'
  | 'KubernetesOnlineDeploymentSchema'
  | 'ModelSchema'
  | 'EnvironmentSchema';
