// Random saves of a Python model, its helper module, an ensemble and an ONNX model under constant load: requests that
// were lost, answers that mix two versions of a model, answers older than one seen before.

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onnxAddModel } from '../helpers/onnx-model.ts';
import { TempFolder } from '../helpers/temp-project.ts';
import { Cli } from './lib/cli.mjs';
import { processorSeconds, residentMiB, treeOf } from './lib/process-tree.mjs';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 600);
const CLIENTS = Number(process.env.BENCH_CLIENTS ?? 4);

const TAGGER = `backend: "python"
max_batch_size: 8
input [ { name: "X" data_type: TYPE_FP32 dims: [ 1 ] } ]
output [ { name: "TAG" data_type: TYPE_INT32 dims: [ 1 ] } ]
instance_group [ { count: 1 kind: KIND_CPU } ]
`;

/** Runs the same model twice on one request: both must be of one version. */
const TWICE = (saves) => `platform: "ensemble"
max_batch_size: 8
input [ { name: "X" data_type: TYPE_FP32 dims: [ 1 ] } ]
output [ { name: "A" data_type: TYPE_INT32 dims: [ 1 ] }, { name: "B" data_type: TYPE_INT32 dims: [ 1 ] } ]
ensemble_scheduling {
  step [ { model_name: "tagger" model_version: -1 input_map { key: "X" value: "X" } output_map { key: "TAG" value: "A" } },
         { model_name: "tagger" model_version: -1 input_map { key: "X" value: "X" } output_map { key: "TAG" value: "B" } } ]
}
parameters { key: "saves" value { string_value: "${saves}" } }
`;

const MODEL = (tag) => `import numpy
import triton_python_backend_utils as pb_utils
from offset import OFFSET


class TritonPythonModel:
    def execute(self, requests):
        out = []
        for request in requests:
            rows = request.inputs()[0].as_numpy().shape[0]
            tag = numpy.full((rows, 1), ${tag} + OFFSET, numpy.int32)
            out.append(pb_utils.InferenceResponse([pb_utils.Tensor("TAG", tag)]))
        return out
`;

const ADDER = `backend: "onnxruntime"
input [ { name: "x" data_type: TYPE_FP32 dims: [ 4 ] } ]
output [ { name: "y" data_type: TYPE_FP32 dims: [ 4 ] } ]
`;

export async function run() {
  const folder = await TempFolder.create();
  const file = (name) => folder.path('project/models/triton', name);
  const save = async (name, content) => {
    await mkdir(path.dirname(file(name)), { recursive: true });
    await writeFile(file(name), content);
  };
  const saved = { tag: 0, offset: 0, ensemble: 0, addend: 0 };
  const next = (number) => {
    saved[number] += 1;
    return saved[number];
  };
  // Each save makes a number grow, so that an answer that falls is an old one.
  const kinds = {
    'Python model': () => save('tagger/1/model.py', MODEL(next('tag'))),
    'helper module': () => save('tagger/1/offset.py', `OFFSET = ${next('offset')}\n`),
    ensemble: () => save('twice/config.pbtxt', TWICE(next('ensemble'))),
    'ONNX model': () => save('adder/1/model.onnx', onnxAddModel(next('addend'))),
  };
  await save('tagger/config.pbtxt', TAGGER);
  await save('twice/1/about.txt', 'an ensemble has no files\n');
  await save('adder/config.pbtxt', ADDER);
  for (const make of Object.values(kinds)) await make();
  const python = process.env.TRITON_LOCAL_TEST_PYTHON;
  const cli = await Cli.start(folder.path('project'), python ? ['--python', python] : []);
  const load = new Load(cli.http);
  const counts = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, 0]));
  try {
    const until = performance.now() + SECONDS * 1000;
    const clients = Array.from({ length: CLIENTS }, () => load.until(until));
    while (performance.now() < until) {
      const [kind, make] = pick(Object.entries(kinds));
      await make();
      counts[kind] += 1;
      await sleep(Math.random() * 1500);
    }
    await Promise.all(clients);
    await sleep(2000);
    load.report(counts, await load.newest(), saved);
    process.stdout.write(
      `resident: ${residentMiB(cli.pid).toFixed(0)} MiB, processor ${processorSeconds(cli.pid).toFixed(0)} s, processes ${treeOf(cli.pid).length}\n`,
    );
  } finally {
    await cli[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  }
}

class Load {
  #base;
  #requests = 0;
  #lost = [];
  #mixed = 0;
  #old = 0;
  /** The highest number that an answer has shown, by model. */
  #seen = { twice: 0, tagger: 0, adder: 0 };

  constructor(base) {
    this.#base = base;
  }

  async until(end) {
    const models = Object.keys(this.#seen);
    for (let turn = 0; performance.now() < end; turn += 1) await this.#ask(models[turn % models.length]);
  }

  async newest() {
    for (const model of Object.keys(this.#seen)) await this.#ask(model);
    return this.#seen;
  }

  async #ask(model) {
    this.#requests += 1;
    const before = this.#seen[model];
    const input =
      model === 'adder'
        ? { name: 'x', datatype: 'FP32', shape: [4], data: [0, 0, 0, 0] }
        : { name: 'X', datatype: 'FP32', shape: [1, 1], data: [0] };
    const body = JSON.stringify({ inputs: [input] });
    try {
      const answer = await fetch(`${this.#base}/v2/models/${model}/infer`, { method: 'POST', body });
      const text = await answer.text();
      if (answer.status !== 200) throw new Error(`${model}: ${answer.status} ${text}`);
      const values = JSON.parse(text).outputs.map(({ data }) => data[0]);
      if (values.some((value) => value !== values[0])) this.#mixed += 1;
      // Asked after `before` was answered, so it may not be older.
      if (values[0] < before) this.#old += 1;
      this.#seen[model] = Math.max(this.#seen[model], values[0]);
    } catch (error) {
      this.#lost.push(String(error));
    }
  }

  report(counts, seen, saved) {
    const saves = Object.entries(counts).map(([kind, count]) => `${count} of the ${kind}`);
    process.stdout.write(`${SECONDS} s, saves: ${saves.join(', ')}\n`);
    process.stdout.write(
      `${this.#requests} requests: ${this.#lost.length} lost, ${this.#mixed} mixed, ${this.#old} older than one before\n`,
    );
    for (const text of new Set(this.#lost)) process.stdout.write(`  ${text.slice(0, 300)}\n`);
    const tag = saved.tag + saved.offset;
    process.stdout.write(
      `newest saved ${tag}, ${saved.addend}; answered at the end ${seen.tagger}, ${seen.twice}, ${seen.adder}\n`,
    );
  }
}

const pick = (all) => all[Math.floor(Math.random() * all.length)];
