import { onnxModel } from './onnx-writer.ts';

/** The bytes of an ONNX model that adds `addend` to `x`, FP32 with four elements, and calls the sum `y`. */
export function onnxAddModel(addend: number): Buffer {
  return onnxModel({
    nodes: [{ operator: 'Add', inputs: ['x', 'addend'], outputs: ['y'] }],
    inputs: [{ name: 'x', datatype: 'FP32', shape: [4] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [4] }],
    initializers: [
      {
        name: 'addend',
        datatype: 'FP32',
        shape: [1],
        data: new Uint8Array(Float32Array.of(addend).buffer),
      },
    ],
  });
}
