const PREFIX = 'azureml:';
const REGISTRIES = 'azureml://registries/';
const VERSIONED_ARM_ID =
  /^\/?subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.MachineLearningServices\/workspaces\/[^/]+\/[^/]+\/[^/]+\/versions\/[^/]+/;
const REGISTRY_VERSION = /^azureml:\/\/registries\/[^/]+\/[^/]+\/[^/]+\/versions\/[^/]+/;

/** Whether it names something in a registry, as `RegistryStr` takes it. */
export const isRegistryReference = (value: unknown): value is string =>
  typeof value === 'string' && value.startsWith(REGISTRIES);

/** Whether it has the prefix of everything that is registered, as `ArmStr` takes it. */
export const isReference = (value: unknown): value is string =>
  typeof value === 'string' && value.startsWith(PREFIX);

/**
 * What azure-ai-ml's `ArmVersionedStr` has against a reference with the right prefix: the full id of a resource, or
 * `NAME:VERSION` or `NAME@LABEL`.
 * @param member the member that holds it, for the text.
 */
export function versionedReferenceFault(
  reference: string,
  member: string,
  { asset, versionOptional = false }: { readonly asset: string | null; readonly versionOptional?: boolean },
): string | undefined {
  const id = reference.slice(PREFIX.length);
  if (id === '' || VERSIONED_ARM_ID.test(id) || REGISTRY_VERSION.test(id)) return undefined;
  const unversioned = new RegExp(
    `^/subscriptions/.*/resourceGroups/.*/providers/Microsoft.MachineLearningServices/workspaces/.*/${asset}/.*`,
    'i',
  );
  if (unversioned.test(id)) return `id for ${member} is invalid`;
  if (id.includes('/') && !id.startsWith('/'))
    return `Could not parse ${id}. If providing an ARM id, it should start with a '/'.`;
  const label = id.includes('@') ? id.slice(id.lastIndexOf('@') + 1) : '';
  const version = id.includes(':') ? id.slice(id.indexOf(':') + 1) : '';
  if (label !== '' || version !== '' || versionOptional) return undefined;
  return `Either version or label is not provided for ${member} or the id is not valid.`;
}
