import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { peerPython } from '../helpers/python.ts';
import { AzureCli } from './azure-cli.ts';
import { type Image, readHeldOut, scoreBody } from './digits.ts';

/** The guide's snippets in one script, as a notebook would run them; only names and the port are the test's. */
const GUIDE = `
import json, os, sys, urllib.request

from azureml.core import Environment, Workspace
from azureml.core.compute import AksCompute
from azureml.core.model import InferenceConfig, Model
from azureml.core.webservice import AksWebservice, LocalWebservice, Webservice

image = sys.argv[1]
ws = Workspace.from_config()
model = Model.register(
    model_path="models",
    model_name="bidaf-9-tutorial",
    tags={"area": "Natural language processing", "type": "Question-answering"},
    description="Question answering from ONNX model zoo",
    workspace=ws,
    model_framework=Model.Framework.MULTI,
)
config = AksWebservice.deploy_configuration(
    compute_target_name="aks-gpu", gpu_cores=1, cpu_cores=1, memory_gb=4, auth_enabled=True
)
service = Model.deploy(
    workspace=ws, name="triton-webservice", models=[model], deployment_config=config, overwrite=True
)
print("state", service.state)
service.wait_for_deployment(show_output=True)
print("state", service.state)
key = service.get_keys()[0]
ready = urllib.request.Request(
    service.scoring_uri + "/v2/health/ready", headers={"Authorization": "Bearer " + key}
)
print("ready", urllib.request.urlopen(ready).status)

import tritonhttpclient

client = tritonhttpclient.InferenceServerClient(url=service.scoring_uri[7:])
print("models", [one["name"] for one in client.get_model_repository_index(headers={"Authorization": "Bearer " + key})])

env = Environment.get(ws, "AzureML-Triton").clone("My-Triton")
for pip_package in ["nltk"]:
    env.python.conda_dependencies.add_pip_package(pip_package)
env.environment_variables["WORKER_COUNT"] = "2"
inference_config = InferenceConfig(
    entry_script="score.py", source_directory=os.path.join("..", os.path.basename(os.getcwd())), environment=env
)
local_service = Model.deploy(
    workspace=ws,
    name="triton-bidaf-onnx",
    models=[model],
    inference_config=inference_config,
    deployment_config=LocalWebservice.deploy_configuration(port=int(sys.argv[2])),
    overwrite=True,
)
print("state", local_service.state)
local_service.wait_for_deployment(show_output=True)
print("state", local_service.state)
print("uri", local_service.scoring_uri)
print("answer", json.dumps(local_service.run(image)))
status = local_service.scoring_uri.replace("/score", "/_triton-local/status")
print("workers", len(json.load(urllib.request.urlopen(status))["workers"]))
print("log", "Found user script" in local_service.get_logs())
try:
    local_service.get_keys()
except NotImplementedError as error:
    print("keys", error)

with open("score.py", "a") as script:
    script.write("\\n\\ndef run(data):\\n    return 'reloaded'\\n")
local_service.reload()
print("reloaded", local_service.run(image))

print("cloud", [one.name for one in Webservice.list(ws)], "local", [one.name for one in LocalWebservice.list(ws)])
print("class", type(Webservice(ws, "triton-webservice")).__name__, AksCompute(ws, "aks-gpu").provisioning_state)
local_service.delete()
service.delete()
model.delete()
print("left", Model.list(ws), Webservice.list(ws))
`;

const FAILING = `
from azureml.core import Workspace
from azureml.core.model import InferenceConfig, Model
from azureml.core.webservice import AksWebservice, LocalWebservice
from azureml.exceptions import WebserviceException
from azureml.core import Experiment

ws = Workspace.get("any")
model = Model.register(ws, "models", "digits", model_framework="Multi")
for config in (LocalWebservice.deploy_configuration(), AksWebservice.deploy_configuration()):
    service = Model.deploy(ws, "failing", [model], InferenceConfig("score.py", source_directory="."), config, overwrite=True)
    print("deployed")
    try:
        service.wait_for_deployment(True)
    except WebserviceException as error:
        print(error.message)
    print(service.state)
    service.delete()
try:
    Model.deploy(ws, "nocode", [Model.register(ws, "models", "custom")])
except Exception as error:
    print(type(error).__name__, error.message.splitlines()[0])
try:
    Experiment(ws, "x")
except NotImplementedError as error:
    print(error)
`;

describe.skipIf(!peerPython)('the documented path by the Python SDK', () => {
  let az: AzureCli;
  let image: Image;
  beforeEach(async () => {
    az = await AzureCli.create();
    [image = []] = (await readHeldOut()).images;
  });
  afterEach(() => az[Symbol.asyncDispose]());

  const exec = (...command: string[]) => az.run('exec', '--', ...command);

  it('a script for the cloud runs unchanged', async () => {
    await az.write('deploy.py', GUIDE);
    const { code, stdout, stderr } = await exec(peerPython ?? '', 'deploy.py', scoreBody(image), '7391');
    expect([code, stderr.replace(/.*DeprecationWarning.*\n.*\n/g, '')]).toEqual([0, expect.any(String)]);
    const said = stdout.split('\n');
    expect(said.filter((line) => line.startsWith('state '))).toEqual([
      'state Transitioning',
      'state Healthy',
      'state deploying',
      'state running',
    ]);
    expect(said).toEqual(
      expect.arrayContaining([
        'Registering model bidaf-9-tutorial',
        'Succeeded',
        'AKS service creation operation finished, operation "Succeeded"',
        'ready 200',
        "models ['digits']",
        'Local webservice is running at http://localhost:7391',
        'uri http://localhost:7391/score',
        expect.stringMatching(/^answer \{"digit": \d/),
        'workers 2',
        'log True',
        'keys Local web services do not support auth keys.',
        'reloaded reloaded',
        "cloud ['triton-webservice'] local ['triton-bidaf-onnx']",
        'class AksWebservice Succeeded',
        'left [] []',
      ]),
    );
  });

  it('a service that fails says so when it is waited for, with file and line', async () => {
    await az.project.saveScript('def init():\n    raise ValueError("no weights")\ndef run(d): pass\n');
    await az.write('deploy.py', FAILING);
    const { code, stdout } = await exec(peerPython ?? '', 'deploy.py');
    expect(code).toBe(0);
    expect(stdout.match(/^deployed$/gm)).toHaveLength(2);
    expect(stdout).toContain('Error: Container has crashed. Did your init method fail?');
    expect(stdout).toContain('Service deployment polling reached non-successful terminal state');
    expect(stdout.match(/score\.py:2/g)).toHaveLength(2);
    expect(stdout).toMatch(/^failed$/m);
    expect(stdout).toMatch(/^Failed$/m);
    expect(stdout).toContain('UserErrorException You must provide an InferenceConfig when deploying a model');
    expect(stdout).toContain('azureml.core.experiment.Experiment is not emulated by triton-local');
  });

  it('what an entry script imports of Azure ML is there as well, unless it is installed', async () => {
    await az.write(
      'imports.py',
      `
from azureml.contrib.services.aml_request import AMLRequest, rawhttp
from azureml.contrib.services.aml_response import AMLResponse
from azureml.monitoring import ModelDataCollector
from azureml.ai.monitoring import Collector
from azureml_inference_server_http.api.aml_response import AMLResponse as New
print(AMLResponse is New, AMLResponse("sent", 201).status_code, callable(rawhttp(len)))
`,
    );
    const { code, stdout, stderr } = await exec(peerPython ?? '', 'imports.py');
    expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
    expect(stdout).toBe('True 201 True\n');
    const alone = 'import azureml.core, azureml.monitoring as it; print("stand-ins" in it.__file__)';
    // -S: without installed packages.
    expect((await exec(peerPython ?? '', '-S', '-c', alone)).stdout).toBe('True\n');
  });

  it('an installed package that imports one of these if it is there gets an ImportError', async () => {
    const library =
      'try:\n    from azureml.mlflow import get\n    found = True\nexcept ImportError:\n    found = False\n';
    await az.write('site-packages/optional.py', library);
    const ask = 'import sys; sys.path.append("site-packages"); import optional; print(optional.found)';
    for (const before of ['', 'import azureml.mlflow; ']) {
      const { stdout, stderr } = await exec(peerPython ?? '', '-c', before + ask);
      expect([stdout, stderr]).toEqual(['False\n', '']);
    }
  });

  it('exec ends as its command does', async () => {
    expect((await exec(process.execPath, '-e', 'process.exit(7)')).code).toBe(7);
    expect((await exec('no-such-program')).stderr).toContain('no-such-program cannot be run');
    expect((await az.run('exec')).code).toBe(2);
  });
});
