import protobuf from 'protobufjs';
import { GRPC_STATUS, GrpcError } from './status.ts';

// Facts of Triton's grpc_service.proto (package inference) and of gRPC's health.proto: names, numbers and types.
// `ModelInfer` has a codec of its own (infer-message.ts, infer-response.ts); a model's configuration is encoded by
// `repository`, and stands here as bytes, which look the same.
const SERVICE_PROTO = `
syntax = "proto3";
package inference;

message NoFields {}
message ServerLiveResponse { bool live = 1; }
message ServerReadyResponse { bool ready = 1; }
message HealthCheckRequest { string service = 1; }
message HealthCheckResponse { int32 status = 1; }
message ModelRequest { string name = 1; string version = 2; }
message ModelReadyResponse { bool ready = 1; }
message ServerMetadataResponse { string name = 1; string version = 2; repeated string extensions = 3; }
message ModelMetadataResponse {
  message TensorMetadata { string name = 1; string datatype = 2; repeated int64 shape = 3; }
  string name = 1;
  repeated string versions = 2;
  string platform = 3;
  repeated TensorMetadata inputs = 4;
  repeated TensorMetadata outputs = 5;
}
message ModelConfigResponse { bytes config = 1; }
message StatisticDuration { uint64 count = 1; uint64 ns = 2; }
message InferStatistics {
  StatisticDuration success = 1;
  StatisticDuration fail = 2;
  StatisticDuration queue = 3;
  StatisticDuration compute_input = 4;
  StatisticDuration compute_infer = 5;
  StatisticDuration compute_output = 6;
  StatisticDuration cache_hit = 7;
  StatisticDuration cache_miss = 8;
}
message InferResponseStatistics {
  StatisticDuration compute_infer = 1;
  StatisticDuration compute_output = 2;
  StatisticDuration success = 3;
  StatisticDuration fail = 4;
  StatisticDuration empty_response = 5;
  StatisticDuration cancel = 6;
}
message InferBatchStatistics {
  uint64 batch_size = 1;
  StatisticDuration compute_input = 2;
  StatisticDuration compute_infer = 3;
  StatisticDuration compute_output = 4;
}
message MemoryUsage { string type = 1; int64 id = 2; uint64 byte_size = 3; }
message ModelStatistics {
  string name = 1;
  string version = 2;
  uint64 last_inference = 3;
  uint64 inference_count = 4;
  uint64 execution_count = 5;
  InferStatistics inference_stats = 6;
  repeated InferBatchStatistics batch_stats = 7;
  repeated MemoryUsage memory_usage = 8;
  map<string, InferResponseStatistics> response_stats = 9;
}
message ModelStatisticsResponse { repeated ModelStatistics model_stats = 1; }
message ModelRepositoryParameter {
  oneof parameter_choice { bool bool_param = 1; int64 int64_param = 2; string string_param = 3; bytes bytes_param = 4; }
}
message RepositoryIndexRequest { string repository_name = 1; bool ready = 2; }
message RepositoryIndexResponse {
  message ModelIndex { string name = 1; string version = 2; string state = 3; string reason = 4; }
  repeated ModelIndex models = 1;
}
message RepositoryModelRequest {
  string repository_name = 1;
  string model_name = 2;
  map<string, ModelRepositoryParameter> parameters = 3;
}
message RegionRequest { string name = 1; }
message SystemSharedMemoryStatusResponse {
  message RegionStatus { string name = 1; string key = 2; uint64 offset = 3; uint64 byte_size = 4; }
  map<string, RegionStatus> regions = 1;
}
message SystemSharedMemoryRegisterRequest { string name = 1; string key = 2; uint64 offset = 3; uint64 byte_size = 4; }
message CudaSharedMemoryRegisterRequest { string name = 1; bytes raw_handle = 2; int64 device_id = 3; uint64 byte_size = 4; }
message TraceSettings {
  message SettingValue { repeated string value = 1; }
  map<string, SettingValue> settings = 1;
  string model_name = 2;
}
message LogSettings {
  message SettingValue { oneof parameter_choice { bool bool_param = 1; uint32 uint32_param = 2; string string_param = 3; } }
  map<string, SettingValue> settings = 1;
}
`;

let root: protobuf.Namespace | undefined;

/** Built at the first call that needs it, since that takes some milliseconds. */
function typeOf(name: string): protobuf.Type {
  root ??= protobuf.parse(SERVICE_PROTO, { keepCase: true }).root.resolveAll();
  return root.lookupType(`inference.${name}`);
}

/** Reads a message. @throws GrpcError with the text of gRPC's library for bytes that are no such message */
export function decodeMessage<T>(name: string, bytes: Buffer): T {
  try {
    const message = typeOf(name).decode(bytes) as object;
    if (bytes.length > 0 && !bytes.includes(REPLACEMENT)) refuseBrokenText(message);
    return message as T;
  } catch {
    throw UNREADABLE;
  }
}

export function encodeMessage(name: string, message: object): Uint8Array {
  return typeOf(name).encode(message).finish();
}

/** What gRPC's library says of bytes that are no message of the method. */
export const UNREADABLE = new GrpcError(GRPC_STATUS.INTERNAL, 'Unable to parse request');

const REPLACEMENT = Buffer.from('\ufffd');

/** protobufjs replaces what is not UTF-8, which makes a message unreadable to others. */
function refuseBrokenText(value: unknown): void {
  if (typeof value === 'string') {
    if (value.includes('\ufffd')) throw UNREADABLE;
  } else if (value !== null && typeof value === 'object' && !ArrayBuffer.isView(value))
    for (const [key, member] of Object.entries(value)) {
      refuseBrokenText(key);
      refuseBrokenText(member);
    }
}
