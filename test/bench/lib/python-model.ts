import { mkdir, writeFile } from 'node:fs/promises';
import { TempFolder } from '../../helpers/temp-project.ts';

const CONFIG = `backend: "python"
input [ { name: "x" data_type: TYPE_FP32 dims: [ 1 ] } ]
output [ { name: "y" data_type: TYPE_FP32 dims: [ 1 ] } ]
`;

/** A repository with one Python model, whose answers hold the number of its last save. */
export class PythonModelProject implements AsyncDisposable {
  readonly folder: TempFolder;
  /** What an infer request for it holds. */
  readonly body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1], data: [0] }] });
  #number = 0;

  private constructor(folder: TempFolder) {
    this.folder = folder;
  }

  static async create(): Promise<PythonModelProject> {
    const project = new PythonModelProject(await TempFolder.create('triton-local-bench-'));
    await mkdir(project.folder.path('project/models/triton/named/1'), { recursive: true });
    await writeFile(project.folder.path('project/models/triton/named/config.pbtxt'), CONFIG);
    await project.save();
    return project;
  }

  get directory(): string {
    return this.folder.path('project');
  }

  get repository(): string {
    return this.folder.path('project/models/triton');
  }

  /** @returns what an answer of this save contains */
  async save(): Promise<string> {
    this.#number += 1;
    await writeFile(
      this.folder.path('project/models/triton/named/1/model.py'),
      `import numpy
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        y = numpy.array([${this.#number}], dtype=numpy.float32)
        return [pb_utils.InferenceResponse([pb_utils.Tensor("y", y)]) for _ in requests]
`,
    );
    return `"data":[${this.#number}.0]`;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.folder[Symbol.asyncDispose]();
  }
}
