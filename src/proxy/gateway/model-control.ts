/** Triton's own text, which suggests that polling is the only other mode (docs/reference/triton.md#e70). */
export const CONTROL_REFUSED = 'explicit model load / unload is not allowed if polling is enabled';

const GRPC_LOAD_OR_UNLOAD = /^\/inference\.GRPCInferenceService\/RepositoryModel(?:Load|Unload)$/;

/** Whether a gRPC call with this path loads or unloads a model. */
export function isGrpcModelControl(path: string | undefined): boolean {
  return path !== undefined && GRPC_LOAD_OR_UNLOAD.test(path);
}
