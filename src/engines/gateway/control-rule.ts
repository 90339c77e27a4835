import type { RepositoryAction } from '../../repository/index.ts';

/** Triton's own text, worded as if polling were the only other mode (triton.md E70). */
export const CONTROL_REFUSED = 'explicit model load / unload is not allowed if polling is enabled';

const LOAD_OR_UNLOAD = /^\/+v2\/+repository(?:\/+[^/]+)?\/+models\/+[^/]+\/+(?:load|unload)\/*$/;

/** Whether a request would load or unload a model. Escapes are undone first: the engine undoes them as well. */
export function isModelControl(method: string | undefined, url: string | undefined): boolean {
  // Nearly every request ends here: inference goes to /v2/models.
  if (method !== 'POST' || url === undefined || !/repo|%/i.test(url)) return false;
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  try {
    return LOAD_OR_UNLOAD.test(decodeURIComponent(path));
  } catch {
    return LOAD_OR_UNLOAD.test(path);
  }
}

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

const GRPC_LOAD_OR_UNLOAD = /^\/inference\.GRPCInferenceService\/RepositoryModel(?:Load|Unload)$/;

/** The same for the path of a gRPC call. */
export function isGrpcModelControl(path: string | undefined): boolean {
  return path !== undefined && GRPC_LOAD_OR_UNLOAD.test(path);
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

/** Health is told at once, never held: a probe asks how things are now. */
export function isHealthProbe(url: string | undefined): boolean {
  return url !== undefined && /^\/+v2\/+health\//.test(url);
}
