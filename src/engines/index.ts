// Engines: the Engine interface, the table of engines, how one is chosen and what it needs on this machine.
// It knows how to run a server that speaks KServe v2; it refuses to know Azure, scripts and the user's folder.

export { BoundedEngine } from './bounded-engine.ts';
export type { EngineContext, EngineCriteria, EnginePlan } from './descriptor.ts';
export {
  cdiSpecs,
  type DescribeDockerOptions,
  type DockerDescription,
  describeDocker,
} from './docker/daemon/describe.ts';
export type { DockerEndpoint, EndpointAttempt } from './docker/daemon/endpoint.ts';
export {
  type DockerEndpoints,
  DockerEngine,
  type DockerEngineOptions,
  type RunningDockerEngine,
} from './docker/docker-engine.ts';
export type { GpuChoice } from './docker/gpu.ts';
export { type PullByNameOptions, type PulledImage, pullByName } from './docker/image/pull-by-name.ts';
export { listSlimImages, type SlimImage } from './docker/image/slim-images.ts';
export { EmbeddedEngine } from './embedded/engine.ts';
export { findOnnxRuntime, ONNXRUNTIME_VERSION } from './embedded/onnxruntime.ts';
export type { Engine, LocalEngine, PublishedModel, RunningEngine } from './engine.ts';
export { addressesOf, type EngineAddresses } from './engine-addresses.ts';
export { ExternalEngine, type ExternalEngineOptions } from './external/engine.ts';
export { FrontedEngine, type FrontedEngineOptions } from './fronted-engine.ts';
export { describeNative, type NativeDescription } from './native/describe.ts';
export { NativeEngine, type NativeEngineOptions } from './native/engine.ts';
export { missingInstallation, planEngines } from './select.ts';
export { StatisticsSampler } from './statistics-sampler.ts';
export { ENGINES } from './table.ts';
export { translateEvents } from './translated-events.ts';
