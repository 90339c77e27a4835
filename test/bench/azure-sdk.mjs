// The real azure-ai-ml against the control plane: what starting it adds to `exec`, the control cells of a Triton notebook
// from the start of the process to the first answer of the endpoint, an upload of 150 MB, and the memory of the control
// plane at rest.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { AzureCli } from '../e2e/azure-cli.ts';
import { checkoutCli } from '../helpers/emulator-process.ts';
import { processesWithHome } from '../helpers/leftovers.ts';
import { row } from './lib/figures.mjs';
import { residentMiB } from './lib/process-tree.mjs';

const ROUNDS = 5;
const UPLOAD_MB = 150;

/** The steps of a notebook; prints the seconds since its own start at which the endpoint answered. */
const NOTEBOOK = `
import json, ssl, time
began = time.monotonic()
import numpy, tritonclient.http as triton
from azure.ai.ml import MLClient
from azure.ai.ml.entities import ManagedOnlineDeployment, ManagedOnlineEndpoint, Model
from azure.identity import DefaultAzureCredential
imported = time.monotonic()
ml_client = MLClient(DefaultAzureCredential(), "a-subscription", "a-group", "a-workspace")
endpoint = ManagedOnlineEndpoint(name="measured", auth_mode="key")
ml_client.online_endpoints.begin_create_or_update(endpoint).result()
blue = ManagedOnlineDeployment(name="blue", endpoint_name="measured", instance_type="any", instance_count=1,
    model=Model(path="models/triton", type="triton_model"))
ml_client.online_deployments.begin_create_or_update(blue).result()
endpoint.traffic = {"blue": 100}
endpoint = ml_client.online_endpoints.begin_create_or_update(endpoint).result()
key = ml_client.online_endpoints.get_keys("measured").primary_key
client = triton.InferenceServerClient(endpoint.scoring_uri[8:], ssl=True, ssl_context_factory=ssl.create_default_context)
image = triton.InferInput("image", [1, 64], "FP32")
image.set_data_from_numpy(numpy.zeros([1, 64], numpy.float32))
client.infer("digits", [image], headers={"Authorization": "Bearer " + key})
print("\\nanswered", time.monotonic() - began, imported - began)
ml_client.online_endpoints.begin_delete("measured").result()
`;

const UPLOAD = `
import time
from azure.ai.ml import MLClient
from azure.ai.ml.entities import Model
from azure.identity import DefaultAzureCredential
ml_client = MLClient(DefaultAzureCredential(), "a-subscription", "a-group", "a-workspace")
ml_client.models.list()
began = time.monotonic()
ml_client.models.create_or_update(Model(name="large", path="large.bin", type="custom_model"))
print("\\nuploaded", time.monotonic() - began)
`;

export async function run() {
  const python = process.env.TRITON_LOCAL_TEST_AZURE_AI_ML;
  const az = await AzureCli.create();
  try {
    await az.write('notebook.py', NOTEBOOK);
    await az.write('upload.py', UPLOAD);
    await measureStart(az);
    const holder = await startExec(az);
    await measureMemory(az, 'before its first request');
    await measureNotebook(az, python);
    await measureMemory(az, 'after the notebooks');
    await measureUpload(az, python);
    await measureMemory(az, 'after the uploads');
    await endExec(holder);
  } finally {
    await az[Symbol.asyncDispose]();
  }
}

/** `exec` of a program that does nothing, without a control plane and with one. */
async function measureStart(az) {
  const cold = [];
  const warm = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    cold.push(await timeOfExec(az));
    while ((await controlPlanes(az)).length > 0) await sleep(50);
    const holder = await startExec(az);
    warm.push(await timeOfExec(az));
    await endExec(holder);
    while ((await controlPlanes(az)).length > 0) await sleep(50);
  }
  row('exec, no control plane yet', cold, 'ms');
  row('exec, control plane runs', warm, 'ms');
}

async function timeOfExec(az) {
  const began = performance.now();
  const child = await startExec(az);
  const elapsed = performance.now() - began;
  await endExec(child);
  return elapsed;
}

/** Starts `exec` and resolves with its process when its command runs. */
function startExec(az) {
  const [program, ...first] = checkoutCli;
  const command = [process.execPath, '-e', 'console.log(1); process.stdin.resume()'];
  const child = spawn(program, [...first, 'exec', '--', ...command], {
    cwd: az.project.directory,
    env: az.environment,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  return new Promise((resolve) => child.stdout.once('data', () => resolve(child)));
}

async function endExec(child) {
  child.stdin.end();
  await once(child, 'exit');
}

async function measureMemory(az, when) {
  await sleep(3_000);
  const [pid] = await controlPlanes(az);
  process.stdout.write(`control plane ${when}: ${residentMiB(pid).toFixed(0)} MiB resident\n`);
}

async function controlPlanes(az) {
  const pids = await processesWithHome(az.home);
  return pids.filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('control-plane');
    } catch {
      return false;
    }
  });
}

async function measureNotebook(az, python) {
  const whole = [];
  const imports = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const { stdout, stderr } = await az.run('exec', '--', python, 'notebook.py');
    const figures = /^answered (\S+) (\S+)$/m.exec(stdout);
    if (!figures) throw new Error(stdout + stderr);
    whole.push(Number(figures[1]));
    imports.push(Number(figures[2]));
  }
  row('notebook, from python to the answer', whole, 's');
  row('of which imports', imports, 's');
}

async function measureUpload(az, python) {
  const rates = [];
  for (let round = 0; round < 3; round += 1) {
    await az.write('large.bin', Buffer.alloc(UPLOAD_MB * 1e6, `${round}${Date.now()}`));
    const { stdout, stderr } = await az.run('exec', '--', python, 'upload.py');
    const seconds = Number(/^uploaded (\S+)$/m.exec(stdout)?.[1]);
    if (!(seconds > 0)) throw new Error(stdout + stderr);
    rates.push(UPLOAD_MB / seconds);
  }
  row(`upload of ${UPLOAD_MB} MB`, rates, 'MB/s');
}
