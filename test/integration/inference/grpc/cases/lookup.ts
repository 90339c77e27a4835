// Health, metadata, configurations: which models and versions are found, and what is said of those that are not.
import { ask, call, GOOD, type GrpcCase, health, infer } from './case.ts';

const VERSIONS = [
  '',
  '1',
  '2',
  '9',
  '01',
  '-1',
  '0',
  '1.0',
  'abc',
  '1abc',
  ' 1',
  '+1',
  '9223372036854775807',
  '9223372036854775808',
  '99999999999999999999',
];
const NAMES = ['', 'nothing', 'a/b', 'ü', 'versions ', '*'];
const BY_VERSION = ['ModelReady', 'ModelMetadata', 'ModelConfig', 'ModelStatistics'];
const PLAIN = ['ServerLive', 'ServerReady', 'ServerMetadata'];
const SERVICES = ['', 'inference.GRPCInferenceService', 'nothing', 'ü'];
const UNKNOWN_PATHS = [
  '/inference.GRPCInferenceService/Nothing',
  '/inference.GRPCInferenceService/serverLive',
  '/inference.GRPCInferenceService/',
  '/inference.GRPCInferenceService',
  '/inference.Other/ServerLive',
  '/ServerLive',
  '/',
  '//',
  '/v2/health/live',
  '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
  '/inference.GRPCInferenceService/ServerLive/',
  '/inference.GRPCInferenceService/ServerLive?x=1',
  '/inference.GRPCInferenceService/Server%4cive',
];

export const LOOKUP_CASES: readonly GrpcCase[] = [
  ...PLAIN.map((method) => ask(`${method}: of the server`, call(method))),
  ...SERVICES.map((service) => ask(`Check: service "${service}"`, health('Check', { service }))),
  ask('List: no such method', { path: '/grpc.health.v1.Health/List', body: [Buffer.alloc(5)] }),
  ...BY_VERSION.flatMap((method) => [
    ...VERSIONS.map((version) =>
      ask(`${method}: version "${version}"`, call(method, { name: 'versions', version })),
    ),
    ...NAMES.map((name) => ask(`${method}: model "${name}"`, call(method, { name }))),
    ask(`${method}: version outside of the policy`, call(method, { name: 'latest', version: '1' })),
  ]),
  ...VERSIONS.map((version) =>
    ask(`ModelInfer: version "${version}"`, infer('versions', { ...GOOD, version })),
  ),
  ...NAMES.map((name) => ask(`ModelInfer: model "${name}"`, infer(name, GOOD))),
  ...['add_sub', 'batch_fp32', 'reshaped', 'optional_input', 'decoupled', 'warm_batch', 'one_string'].flatMap(
    (name) => [
      ask(`ModelMetadata: of ${name}`, call('ModelMetadata', { name })),
      ask(`ModelConfig: of ${name}`, call('ModelConfig', { name })),
    ],
  ),
  ...UNKNOWN_PATHS.map((path) => ask(`path: ${path}`, { path, body: [Buffer.alloc(5)] })),
];
