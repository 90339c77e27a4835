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

const GRPC_LOAD_OR_UNLOAD = /^\/inference\.GRPCInferenceService\/RepositoryModel(?:Load|Unload)$/;

/** The same for the path of a gRPC call. */
export function isGrpcModelControl(path: string | undefined): boolean {
  return path !== undefined && GRPC_LOAD_OR_UNLOAD.test(path);
}

/** Health is told at once, never held: a probe asks how things are now. */
export function isHealthProbe(url: string | undefined): boolean {
  return url !== undefined && /^\/+v2\/+health\//.test(url);
}
