import protobuf from 'protobufjs';
import 'protobufjs/ext/descriptor.js';
import { runPython } from './python.ts';

/** Prints the files of Triton's interface as tritonclient publishes them: a `FileDescriptorSet` in base64. */
const DESCRIPTORS = `
import base64
from google.protobuf import descriptor_pb2
from tritonclient.grpc import model_config_pb2, service_pb2
files = descriptor_pb2.FileDescriptorSet()
for module in (model_config_pb2, service_pb2):
    module.DESCRIPTOR.CopyToProto(files.file.add())
print(base64.b64encode(files.SerializeToString()).decode())
`;

/** The standard health service of gRPC, which tritonclient does not carry. */
const HEALTH = `
syntax = "proto3";
package grpc.health.v1;
message HealthCheckRequest { string service = 1; }
message HealthCheckResponse {
  enum ServingStatus { UNKNOWN = 0; SERVING = 1; NOT_SERVING = 2; SERVICE_UNKNOWN = 3; }
  ServingStatus status = 1;
}
service Health {
  rpc Check(HealthCheckRequest) returns (HealthCheckResponse);
  rpc Watch(HealthCheckRequest) returns (stream HealthCheckResponse);
}
`;

export const TRITON_SERVICE = 'inference.GRPCInferenceService';
export const HEALTH_SERVICE = 'grpc.health.v1.Health';

/** The published interface of Triton and of gRPC's health service: messages by method. */
export class GrpcInterface {
  /** The `FileDescriptorSet` of Triton's own files, for clients that read one. */
  readonly descriptors: Uint8Array;
  readonly #root: protobuf.Root;

  private constructor(descriptors: Uint8Array) {
    this.descriptors = descriptors;
    this.#root = protobuf.Root.fromDescriptor(descriptors, { keepCase: true });
    protobuf.parse(HEALTH, this.#root, { keepCase: true });
    this.#root.resolveAll();
  }

  /** Reads the interface out of the real client. */
  static async ofRealClient(): Promise<GrpcInterface> {
    return new GrpcInterface(Buffer.from((await runPython(DESCRIPTORS)).trim(), 'base64'));
  }

  /** The request of a method as bytes; `path` is `/SERVICE/METHOD`. */
  encode(path: string, request: object): Uint8Array {
    const type = this.#method(path)?.resolvedRequestType;
    if (!type) throw new Error(`no method ${path}`);
    return type.encode(type.fromObject(request)).finish();
  }

  /** The response of a method as plain values: 64-bit integers as text, bytes in base64, enums by name. */
  decode(path: string, response: Uint8Array): object {
    const type = this.#method(path)?.resolvedResponseType;
    if (!type) throw new Error(`no method ${path}`);
    return type.toObject(type.decode(response), { longs: String, bytes: String, enums: String });
  }

  knows(path: string): boolean {
    return this.#method(path) !== undefined;
  }

  /** Every method of Triton's service, by its name. */
  get methods(): readonly string[] {
    return Object.keys(this.#root.lookupService(TRITON_SERVICE).methods);
  }

  #method(path: string): protobuf.Method | undefined {
    const [, service = '', method = ''] = path.split('/');
    if (service !== TRITON_SERVICE && service !== HEALTH_SERVICE) return undefined;
    return this.#root.lookupService(service).methods[method];
  }
}
