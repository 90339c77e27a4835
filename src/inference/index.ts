// Inference: a KServe v2 inference server in TypeScript that answers as Triton does.
// It knows models, requests and schedulers; it refuses to know Azure, entry scripts and Docker.
export type { FindModelPython, ModelPython } from './backends/python/python-backend.ts';
export type { InferenceServer, InferenceServerOptions, RuntimePaths } from './inference-server.ts';
export { startInferenceServer, TRITON_VERSION } from './start-inference-server.ts';
