/** Backends that Triton's images have that the embedded engine lacks, with what serves their models. */
const SERVED_BY: ReadonlyMap<string, string> = new Map([
  ['tensorflow', '--engine docker'],
  ['pytorch', '--engine docker'],
  ['openvino', '--engine docker'],
  ['fil', '--engine docker'],
  ['dali', '--engine docker, on a machine with a GPU,'],
  ['tensorrt', '--engine docker, on a machine with a GPU,'],
  ['vllm', '--engine docker with an image that has it (tag 24.10-vllm-python-py3), on a machine with a GPU,'],
  [
    'tensorrtllm',
    '--engine docker with an image that has it (tag 24.10-trtllm-python-py3), on a machine with a GPU,',
  ],
  ['identity', '--engine docker'],
  ['repeat', '--engine docker'],
  ['square', '--engine docker'],
]);

/**
 * Why the embedded engine has not the backend of a model: Triton's text, and for a backend that Triton ships the engine
 * that serves it.
 */
export function missingBackendText(backend: string): string {
  const text = `unable to find backend library for backend '${backend}', try specifying runtime on the model configuration.`;
  const engine = SERVED_BY.get(backend);
  return engine === undefined
    ? text
    : `unable to find backend library for backend '${backend}': the embedded engine runs ONNX and Python models; ${engine} serves this one`;
}
