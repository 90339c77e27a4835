import data from './schemas.json' with { type: 'json' };

interface Flags {
  readonly required?: boolean;
  readonly nullable?: boolean;
  /** Members that only the cloud sets; removed before the file is read. */
  readonly readOnly?: boolean;
  readonly experimental?: boolean;
}

interface Reference extends Flags {
  readonly kind: 'reference' | 'versionedReference' | 'registryReference';
  readonly asset: string | null;
  /** The message for a text that is not a reference. */
  readonly text: string;
  readonly versionOptional?: boolean;
}

/** What azure-ai-ml accepts for a member of a file. */
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

/** What azure-ai-ml accepts for an object, and the names of the code that it runs before and after (`rules.ts`). */
export interface Schema {
  readonly members: Readonly<Record<string, Field>>;
  /** Run in this order on the raw value. */
  readonly before?: readonly string[];
  /** Run on members that were read without faults. */
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

/** azure-ai-ml's schemas, extracted from the package by `.dev/azure-ai-ml-schemas.py`. */
export const SCHEMA_DATA = data as SchemaData;

/** Schema names of whole files. */
export type FileSchema =
  | 'ManagedOnlineEndpointSchema'
  | 'KubernetesOnlineEndpointSchema'
  | 'ManagedOnlineDeploymentSchema'
  | 'KubernetesOnlineDeploymentSchema'
  | 'ModelSchema'
  | 'EnvironmentSchema';
