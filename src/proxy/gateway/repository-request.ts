import type { RepositoryAction } from '../../repository/index.ts';

/** Triton's own text, which suggests that polling is the only other mode (docs/reference/triton.md#e70). */
export const CONTROL_REFUSED = 'explicit model load / unload is not allowed if polling is enabled';

/** What Triton answers if it cannot read a model's files, for a request before which they could not be updated. */
export function notUpdated(model: string): string {
  return `failed to load '${model}', failed to poll from model repository`;
}

const REPOSITORY = /^\/v2\/repository(?:\/[^/]+)?\/(?:(index)|models\/([^/]+)\/(load|unload))$/;

/** The action that a request asks of the repository API, matched as Triton does; undefined for all other requests. */
export function repositoryRequest(
  method: string | undefined,
  url: string | undefined,
): { readonly action: RepositoryAction; readonly model: string } | undefined {
  if (method !== 'POST' || !url?.startsWith('/v2/repository/')) return undefined;
  const [, index, model = '', action] = REPOSITORY.exec(url.split('?', 1)[0] ?? '') ?? [];
  if (index) return { action: 'index', model };
  if (action !== 'load' && action !== 'unload') return undefined;
  return { action, model: Buffer.from(model, 'latin1').toString() };
}

const GRPC_REPOSITORY = /^\/inference\.GRPCInferenceService\/RepositoryModel(Load|Unload)$/;
const GRPC_INDEX = '/inference.GRPCInferenceService/RepositoryIndex';

/** The action that a gRPC call asks of the repository API; undefined for all other calls. */
export function grpcRepositoryAction(path: string | undefined): RepositoryAction | undefined {
  if (path === GRPC_INDEX) return 'index';
  const action = GRPC_REPOSITORY.exec(path ?? '')?.[1];
  if (action === undefined) return undefined;
  return action === 'Load' ? 'load' : 'unload';
}
