/** Triton's own text, worded as if polling were the only other mode (docs/reference/triton.md#e70). */
export const CONTROL_REFUSED = 'explicit model load / unload is not allowed if polling is enabled';

const GRPC_LOAD_OR_UNLOAD = /^\/inference\.GRPCInferenceService\/RepositoryModel(?:Load|Unload)$/;

/** Whether the path of a gRPC call is that of a load or unload. */
export function isGrpcModelControl(path: string | undefined): boolean {
  return path !== undefined && GRPC_LOAD_OR_UNLOAD.test(path);
}
