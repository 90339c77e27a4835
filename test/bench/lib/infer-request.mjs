/** An infer request of one FP32 tensor, binary both ways. */
export function inferRequest(name, shape, data) {
  const header = JSON.stringify({
    inputs: [{ name, datatype: 'FP32', shape, parameters: { binary_data_size: data.length } }],
    parameters: { binary_data_output: true },
  });
  const headers = { 'Inference-Header-Content-Length': String(Buffer.byteLength(header)) };
  return { headers, body: Buffer.concat([Buffer.from(header), data]) };
}
