// Operators: the node tests of ONNX itself (PyPI package `onnx`), each a model with inputs and outputs, through HTTP.
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { onnxNodeTests } from '../../../helpers/onnx-node-tests.ts';
import { serve } from '../golden-repository.ts';
import { readStoredTensor, type StoredTensor, sameTensor } from './onnx-tensors.ts';
import { DIFFERENT_OPERATORS, UNKNOWN_TO_ENGINE } from './operators.ts';

/** Models of one server. */
const AT_ONCE = 200;

if (!onnxNodeTests)
  process.stderr.write(
    '\nSKIPPED: the node tests of ONNX need TRITON_LOCAL_TEST_ONNX: a Python that has onnx\n',
  );

describe.skipIf(!onnxNodeTests)('operators', () => {
  const folder = onnxNodeTests ?? '';

  it('give what ONNX says they give', async () => {
    const names = onnxNodeTests ? readdirSync(folder).sort() : [];
    const found = new Map<string, string>();
    for (let at = 0; at < names.length; at += AT_ONCE)
      for (const [name, outcome] of await run(folder, names.slice(at, at + AT_ONCE)))
        found.set(name, outcome);
    const withOutcome = (...wanted: string[]) =>
      names.filter((name) => wanted.includes(found.get(name) ?? ''));
    const [equal, unknown] = [withOutcome('equal'), withOutcome('not loaded')];
    const different = names.filter((name) => !equal.includes(name) && !unknown.includes(name));
    process.stdout.write(
      `operators: ${names.length} node tests, ${equal.length} equal, ${unknown.length} unknown to Triton or ` +
        `ONNX Runtime, ${different.length} different in ONNX Runtime\n`,
    );
    const unexpected = different.filter(
      (name) => !DIFFERENT_OPERATORS.some((listed) => name.startsWith(listed)),
    );
    expect(Object.fromEntries(unexpected.map((name) => [name, found.get(name)]))).toEqual({});
    expect(
      DIFFERENT_OPERATORS.filter((listed) => !different.some((name) => name.startsWith(listed))),
    ).toEqual([]);
    expect(equal.length).toBeGreaterThan(1_000);
  });
});

async function run(folder: string, names: readonly string[]): Promise<Map<string, string>> {
  const place = mkdtempSync(path.join(tmpdir(), 'triton-local-operators-'));
  const repository = path.join(place, 'repository');
  for (const name of names)
    cpSync(path.join(folder, name, 'model.onnx'), path.join(repository, name, '1', 'model.onnx'));
  const server = await serve(repository);
  try {
    const outcomes = new Map<string, string>();
    for (const { name, state, reason } of server.models()) {
      const isUnknown = UNKNOWN_TO_ENGINE.test(reason);
      outcomes.set(name, isUnknown ? 'not loaded' : `not loaded: ${reason}`);
      if (state === 'READY') outcomes.set(name, await ask(server.httpUrl, name, path.join(folder, name)));
    }
    return outcomes;
  } finally {
    await server[Symbol.asyncDispose]();
    rmSync(place, { recursive: true, force: true });
  }
}

/** `equal`, or what is not. */
async function ask(url: string, model: string, folder: string): Promise<string> {
  const inputs = storedTensors(folder, 'input');
  const head = Buffer.from(
    JSON.stringify({
      inputs: inputs.map(({ name, datatype, shape, data }) => {
        const parameters = { binary_data_size: data.length };
        return { name, datatype, shape: asTriton(shape), parameters };
      }),
      parameters: { binary_data_output: true },
    }),
  );
  const response = await fetch(`${url}/v2/models/${model}/infer`, {
    method: 'POST',
    headers: { 'Inference-Header-Content-Length': String(head.length) },
    body: Buffer.concat([head, ...inputs.map(({ data }) => data)]),
  });
  const body = Buffer.from(await response.arrayBuffer());
  if (response.status !== 200) return `${response.status} ${body}`;
  let at = Number(response.headers.get('inference-header-content-length'));
  const { outputs } = JSON.parse(body.toString('utf8', 0, at)) as { outputs: AnswerOutput[] };
  const different: string[] = [];
  const expected = storedTensors(folder, 'output');
  for (const { name, datatype, shape, parameters } of outputs) {
    const data = body.subarray(at, at + parameters.binary_data_size);
    at += data.length;
    const wanted = expected.find((tensor) => tensor.name === name);
    if (!wanted) continue;
    const sameKind = datatype === wanted.datatype && String(shape) === String(asTriton(wanted.shape));
    if (!sameKind || !sameTensor(wanted, data)) different.push(`${name} ${datatype} [${shape}]`);
  }
  if (outputs.length < expected.length) different.push('outputs are missing');
  return different.length === 0 ? 'equal' : different.join(', ');
}

interface AnswerOutput {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly parameters: { readonly binary_data_size: number };
}

/** Scalars are vectors of one element in Triton. */
function asTriton(shape: readonly number[]): readonly number[] {
  return shape.length === 0 ? [1] : shape;
}

function storedTensors(folder: string, kind: 'input' | 'output'): StoredTensor[] {
  const set = path.join(folder, 'test_data_set_0');
  const files = readdirSync(set).filter((file) => file.startsWith(`${kind}_`));
  return files.map((file) => readStoredTensor(path.join(set, file)));
}
