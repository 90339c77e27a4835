/**
 * Why a model of the node tests is refused that has a type that Triton has no name for, an input without elements, or
 * what ONNX Runtime does not have (locales are the machine's).
 */
export const UNKNOWN_TO_ENGINE =
  /Unsupported ONNX Type|must specify 'data_type' for|dimension must be integer >= 1|Could not find an implementation for|Failed to find kernel for|is not a registered function\/op|Batchwise recurrent operations|Failed to construct locale/;

/**
 * Beginnings of the names of node tests that ONNX Runtime answers otherwise: Python's onnxruntime does the same. Some
 * results are random, some are close to 0 and off by more than the tolerance, some rules of ONNX it reads otherwise.
 */
export const DIFFERENT_OPERATORS: readonly string[] = [
  'test_attention_3d_with_past_and_present_qk_matmul_',
  'test_attention_4d_diff_heads_mask4d_padded_kv',
  'test_attention_4d_with_past_and_present_qk_matmul_bias',
  'test_attention_4d_with_qk_matmul_',
  'test_dft',
  'test_l2normalization_axis_0',
  'test_maxunpool_export_with_output_shape',
  'test_qlinearmatmul_2D_int8_',
  'test_qlinearmatmul_3D_int8_',
  'test_resize_downsample_scales_cubic_align_corners',
  'test_resize_downsample_scales_linear_align_corners',
  'test_stft',
  'test_training_dropout',
];
