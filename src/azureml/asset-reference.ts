/** What a file of v2 names instead of defining it: `azureml:NAME:VERSION` and the longer forms. */
export interface AssetReference {
  readonly name: string;
  /** Undefined where a label is given, or none of both, which means the latest. */
  readonly version: string | undefined;
  /** Such as `latest`. */
  readonly label: string | undefined;
  /** The registry that holds it; undefined for the workspace. */
  readonly registry: string | undefined;
}

const IN_REGISTRY = /^azureml:\/\/registries\/([^/]+)\/[^/]+\/([^/]+)(?:\/(versions|labels)\/([^/]+))?$/;
const ARM_ID =
  /^azureml:\/?subscriptions\/.*\/workspaces\/[^/]+\/[^/]+\/([^/]+)\/(versions|labels)\/([^/]+)$/;

/** Takes a reference apart; undefined for a text that is none. */
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
