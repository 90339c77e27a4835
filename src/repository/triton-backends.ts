/** Backends of Triton's images that the embedded engine lacks, and what serves their models. */
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
 * Explains that the embedded engine lacks a backend: Triton's text and, for a backend of Triton's images, the engine
 * that serves it.
 */
export function missingBackendText(backend: string): string {
  const text = `unable to find backend library for backend '${backend}', try specifying runtime on the model configuration.`;
  const engine = SERVED_BY.get(backend);
  return engine === undefined
    ? text
    : `unable to find backend library for backend '${backend}': the embedded engine runs ONNX and Python models; ${engine} serves this one`;
}
