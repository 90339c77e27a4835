// What scripts import from Azure's packages where those are not installed. The real packages are the oracle: the same
// cases are asked of both.
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { startScorePool } from '../../../src/python/index.ts';
import { ask, ENVIRONMENT, Project, post, TEST_PYTHON, textOf } from './project.ts';
import { hasRealServer, readMarks } from './real-server.ts';
import { withoutPackages } from './without-packages.ts';

const here = path.dirname(fileURLToPath(import.meta.url));
const STAND_INS = path.resolve(here, '../../../src/python/harness/stand-ins');

const limit = () => AbortSignal.timeout(30_000);

let project: Project | undefined;
afterEach(async () => {
  await project?.[Symbol.asyncDispose]();
  project = undefined;
});

describe.skipIf(!hasRealServer)('inference_schema', () => {
  const cases = (...folder: string[]): Record<string, unknown> =>
    JSON.parse(
      execFileSync(TEST_PYTHON, ['-W', 'ignore', path.join(here, 'schema_cases.py'), ...folder], {
        // The order of sets shows in a text of pandas.
        env: { ...ENVIRONMENT, PYTHONHASHSEED: '0', PYTHONDONTWRITEBYTECODE: '1' },
        encoding: 'utf8',
        maxBuffer: 64 << 20,
      }),
    );

  it('declares, converts and refuses as the real package does, text for text', () => {
    const real = cases();
    expect(Object.keys(real).length).toBeGreaterThan(50);
    expect(cases(STAND_INS)).toEqual(real);
  });
});

describe('a script in an environment without Azure', () => {
  it('finds its models by azureml.core, and learns what a script cannot use', async () => {
    project = await Project.create(`${withoutPackages('azureml')}
from azureml.core import Run
from azureml.core.model import Model, ModelNotFoundException
from azureml.core.authentication import ServicePrincipalAuthentication
from azureml.exceptions import WebserviceException

def init():
    pass

def told(call):
    try:
        return call()
    except Exception as error:
        return "%s: %s" % (type(error).__name__, getattr(error, "message", error))

def run(data):
    try:
        import azureml.train
        train = "there"
    except ModuleNotFoundError as error:
        train = str(error)
    return [
        Model.get_model_path("deployed"), Model.get_model_path("deployed", version=2), Model.get_model_path("here.pkl"),
        Model.get_model_path("registered.pkl").endswith("models/registered.pkl"),
        told(lambda: Model.get_model_path("none")), told(lambda: Model.get_model_path("deployed", version="2")),
        told(lambda: Run.get_context()), told(lambda: Model(None, "x")), train,
    ]
`);
    for (const file of [
      'azureml-models/deployed/2/two.pkl',
      'azureml-models/deployed/10/ten.pkl',
      'here.pkl',
      'models/registered.pkl',
    ])
      await project.write(file, '');
    const environment = { ...ENVIRONMENT, AZUREML_MODEL_DIR: path.join(project.directory, 'models') };
    const pool = project.use(await startScorePool(project.options({ environment }), limit()));
    expect(JSON.parse(textOf(await ask(pool, post('{}'))))).toEqual([
      'azureml-models/deployed/10/ten.pkl',
      'azureml-models/deployed/2/two.pkl',
      'here.pkl',
      true,
      expect.stringMatching(
        /^ModelNotFoundException: Model none not found in cache at azureml-models or in current/,
      ),
      'WebserviceException: version should be an int',
      expect.stringMatching(
        /^NotImplementedError: azureml\.core\.run\.Run\.get_context is not emulated by triton-local: \w/,
      ),
      expect.stringMatching(/^RuntimeError: an entry script has no workspace here: Model.get_model_path/),
      "No module named 'azureml.train'",
    ]);
  });

  it('finds everything that the cloud has', async () => {
    project =
      await Project.create(`${withoutPackages('inference_schema', 'azureml_inference_server_http', 'azureml', 'wrapt')}
import json
from azureml.contrib.services.aml_request import rawhttp, AMLRequest
from azureml.contrib.services.aml_response import AMLResponse
from inference_schema.schema_decorators import input_schema, output_schema
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
import inference_schema, azureml.contrib.services.aml_request as old, azureml_inference_server_http.api.aml_request as new

def init():
    pass

@input_schema("n", StandardPythonParameterType(1))
@output_schema(StandardPythonParameterType({"twice": 2}))
def run(n):
    where = [module.__file__ for module in (inference_schema, new)]
    return {"twice": 2 * n, "same": old is new, "ours": ["stand-ins" in file for file in where]}
`);
    const pool = project.use(await startScorePool(project.options(), limit()));
    expect(JSON.parse(textOf(await ask(pool, post('{"n": 4}'))))).toEqual({
      twice: 8,
      same: true,
      ours: [true, true],
    });
    const wrong = await ask(pool, post('{"n": "x"}'));
    expect([wrong.status, readMarks(wrong.headers).runFunctionFailed]).toEqual([500, true]);
    expect(project.lines('script').slice(-2)).toEqual([
      "error ValueError: Invalid input data type to parse. Expected: <class 'int'> but got <class 'str'>",
      `error the request's 'n' does not fit @input_schema('n', ...) at ${project.entryScript}:25`,
    ]);
    expect(pool.swagger.input).toBe(
      '{"type": "object", "properties": {"n": {"type": "integer", "format": "int64"}}, "example": {"n": 1}}',
    );
  });

  it.each([
    ['ours', withoutPackages('inference_schema', 'wrapt')],
    ['the real package', ''],
  ])('names the decorator that a body does not fit: %s', async (_which, head) => {
    project = await Project.create(`${head}
from inference_schema.schema_decorators import input_schema, output_schema
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType as T
def init():
    pass
@input_schema("first", T(1))
@input_schema(
    "second", T("x"))
@input_schema("third", T([1]))
@output_schema(T(1))
def run(first, second, third):
    raise KeyError("mine")
`);
    const text = await readFile(project.entryScript, 'utf8');
    const line = text.split('\n').indexOf('@input_schema("first", T(1))') + 1;
    const pool = project.use(await startScorePool(project.options(), limit()));
    const bodies = ['{"first": "a", "second": "b", "third": []}', '{"first": 1, "second": 2, "third": []}'];
    const told: (string | undefined)[] = [];
    for (const body of [
      ...bodies,
      '{"first": 1, "second": "b", "third": 3}',
      '{"first": 1, "second": "b", "third": [1]}',
    ]) {
      await ask(pool, post(body));
      told.push(project.lines('script').at(-1));
    }
    const fault = (name: string, at: number) =>
      expect.stringMatching(
        `the request's '${name}' does not fit @input_schema\\('${name}', .*score.py:${at}$`,
      );
    expect(told.slice(0, 1)).toEqual([fault('first', line)]);
    expect(told[1]).toMatch(/'second' does not fit @input_schema\('second', .*score\.py:\d+$/);
    expect(told[2]).toEqual(fault('third', line + 3));
    expect(told[3]).toBe("error KeyError: 'mine'");
  });

  it('has the old names of tritonclient', async () => {
    project = await Project.create(`${withoutPackages('tritonhttpclient', 'tritonclientutils')}
import tritonhttpclient, tritonclientutils
def init():
    pass
def run(data):
    return [tritonhttpclient.InferInput.__module__, tritonclientutils.np_to_triton_dtype.__module__,
            "stand-ins" in tritonhttpclient.__file__]
`);
    const pool = project.use(await startScorePool(project.options(), limit()));
    const [input, utils, ours] = JSON.parse(textOf(await ask(pool, post(''))));
    expect([input, utils]).toEqual([
      expect.stringMatching(/^tritonclient\.http/),
      expect.stringMatching(/^tritonclient\.utils/),
    ]);
    expect(ours).toBe(true);
  });

  it('names the real package for data frames of Spark', async () => {
    project = await Project.create(
      `${withoutPackages('inference_schema')}
from inference_schema.parameter_types.spark_parameter_type import SparkParameterType
def init():
    pass
def run(data):
    pass
`,
    );
    await expect(startScorePool(project.options(), limit())).rejects.toMatchObject({
      message: expect.stringContaining('SparkParameterType needs the real package'),
    });
  });
});

describe.skipIf(!hasRealServer)('an installed package', () => {
  it('is used, not ours', async () => {
    project = await Project.create(`
import inference_schema, azureml_inference_server_http.api.aml_request as request, tritonhttpclient
def init():
    pass
def run(data):
    return ["stand-ins" in module.__file__ for module in (inference_schema, request, tritonhttpclient)]
`);
    const pool = project.use(await startScorePool(project.options(), limit()));
    expect(textOf(await ask(pool, post('')))).toBe('[false, false, false]');
  });
});
