const SEQUENCES = 'does not serve sequence batching yet';

/**
 * Cases that we answer otherwise, with a part of our answer: what a CPU build of Triton serves and we do not (sequences),
 * and what the recorded Triton died of or could not show.
 */
export const RECORDED_OTHERWISE: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      'control_input_control_absent',
      'direct_empty',
      'direct_max_queue_delay_microseconds_0',
      'direct_max_queue_delay_microseconds_3',
      'direct_minimum_slot_utilization_0_5',
      'empty',
      'iterative_sequence_false',
      'iterative_sequence_true',
      'max_sequence_idle_microseconds_0',
      'max_sequence_idle_microseconds_3',
      'oldest_empty',
      'oldest_max_candidate_sequences_0',
      'oldest_max_candidate_sequences_1',
      'oldest_max_candidate_sequences_3',
      'oldest_max_queue_delay_microseconds_0',
      'oldest_max_queue_delay_microseconds_3',
      'oldest_preferred_batch_size_3',
      'oldest_preferred_batch_size_two',
      'oldest_preserve_ordering_false',
      'oldest_preserve_ordering_true',
    ].map((name) => [`sequence_batching_${name}`, SEQUENCES]),
  ),
  // Triton dies.
  batch_output_empty: "batch output kind 'BATCH_SCATTER_WITH_INPUT_SHAPE' expects 1 source input, got 0",
  batch_output_target_name_absent: "batch output must specify 'target_name'",
  model_repository_agents_empty: '"config"',
  // The recorded server's Python backend was a link, which changes the text.
  onnx_runtime_python: "unable to find Python backend based backend library 'model.py'",
  // Its answer is no UTF-8, so that it could not be read.
  onnx_text_in_string: '"config"',
};
