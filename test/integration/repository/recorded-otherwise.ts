/**
 * Cases that we answer otherwise, with a part of our answer: what the recorded Triton died of or could not show.
 */
export const RECORDED_OTHERWISE: Readonly<Record<string, string>> = {
  // Triton dies.
  batch_output_empty: "batch output kind 'BATCH_SCATTER_WITH_INPUT_SHAPE' expects 1 source input, got 0",
  batch_output_target_name_absent: "batch output must specify 'target_name'",
  model_repository_agents_empty: '"config"',
  // The recorded server's Python backend was a link, which changes the text.
  onnx_runtime_python: "unable to find Python backend based backend library 'model.py'",
  // Its answer is not UTF-8, so it could not be read.
  onnx_text_in_string: '"config"',
};
