import type { RepositoryAction } from '../../repository/index.ts';

const REPOSITORY = /^\/v2\/repository(?:\/[^/]+)?\/(?:(index)|models\/([^/]+)\/(load|unload))$/;

/** What a request asks of the repository API, matched as Triton does; undefined for everything else. */
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

/** What a gRPC call asks of the repository API; undefined for every other. */
export function grpcRepositoryAction(path: string | undefined): RepositoryAction | undefined {
  if (path === GRPC_INDEX) return 'index';
  const action = GRPC_REPOSITORY.exec(path ?? '')?.[1];
  if (action === undefined) return undefined;
  return action === 'Load' ? 'load' : 'unload';
}
