import type { AssetMarks, AzureState } from './azure-state.ts';

interface Asset extends AssetMarks {
  readonly name: string;
  readonly version: string | number;
  readonly content?: string;
  readonly createdTime?: string;
}

/**
 * The state without the anonymous assets that no deployment names any more. The SDK makes new ones with every
 * deployment, and registers again what it does not find.
 * @param before ISO 8601: younger ones stay, since their deployment may still come
 */
export function withoutUnusedAssets(state: AzureState, before: string): AzureState {
  const users = JSON.stringify([state.endpoints, state.services, state.operations]);
  const isKept = (asset: Asset) =>
    !asset.isAnonymous ||
    (asset.lastModifiedTime ?? asset.createdTime ?? '') >= before ||
    namesOf(asset).some((name) => users.includes(name));
  const models = state.models.filter(isKept);
  const environments = state.environments.filter(isKept);
  const codes = state.codes.filter(isKept);
  const removed =
    state.models.length +
    state.environments.length +
    state.codes.length -
    models.length -
    environments.length -
    codes.length;
  return removed === 0 ? state : { ...state, models, environments, codes };
}

/** What a deployment may call an asset: as a verb does, by its resource id, or by the folder of its content. */
function namesOf({ name, version, content }: Asset): readonly string[] {
  return [`${name}:${version}`, `${name}/versions/${version}`, ...(content === undefined ? [] : [content])];
}

/** The content of models, and that of source directories and build contexts. */
export function contentsOf(state: AzureState): {
  readonly models: ReadonlySet<string>;
  readonly codes: ReadonlySet<string>;
} {
  const contexts = state.environments.flatMap(({ buildContext }) => (buildContext ? [buildContext] : []));
  return {
    models: new Set(state.models.map(({ content }) => content)),
    codes: new Set([...state.codes, ...contexts].map(({ content }) => content)),
  };
}
