/** The part of esbuild's metafile that tells which files went into which output. */
interface Metafile {
  readonly outputs: Readonly<Record<string, { readonly inputs: Readonly<Record<string, object>> }>>;
}

export function collectLicences(root: string, metafiles: readonly Metafile[]): string;
export function isPermissive(expression: string): boolean;
