/** A reference in a v2 file to something registered: `azureml:NAME:VERSION` or one of the longer forms. */
export interface AssetReference {
  readonly name: string;
  /** Undefined if a label is given; if neither is given, the latest version is meant. */
  readonly version: string | undefined;
  /** For example `latest`. */
  readonly label: string | undefined;
  /** The registry that holds it; undefined for the workspace. */
  readonly registry: string | undefined;
}

const IN_REGISTRY = /^azureml:\/\/registries\/([^/]+)\/[^/]+\/([^/]+)(?:\/(versions|labels)\/([^/]+))?$/;
const ARM_ID =
  /^azureml:\/?subscriptions\/.*\/workspaces\/[^/]+\/[^/]+\/([^/]+)\/(versions|labels)\/([^/]+)$/;

/** Parses a reference; undefined if the text is not one. */
export function parseAssetReference(text: string): AssetReference | undefined {
  const [, registry, inRegistry, part, tag] = IN_REGISTRY.exec(text) ?? [];
  if (inRegistry !== undefined) return { name: inRegistry, registry, ...tagOf(part, tag) };
  const [, byId, idPart, idTag] = ARM_ID.exec(text) ?? [];
  if (byId !== undefined) return { name: byId, registry: undefined, ...tagOf(idPart, idTag) };
  const [, name, label, version] = /^azureml:([^:@/]+)(?:@(.+)|:(.+))?$/.exec(text) ?? [];
  return name === undefined ? undefined : { name, version, label, registry: undefined };
}

function tagOf(part: string | undefined, tag: string | undefined) {
  return {
    version: part === 'versions' ? tag : undefined,
    label: part === 'labels' ? tag : undefined,
  };
}
