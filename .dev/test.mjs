// `npm test [-- vitest arguments]`: sets up what is missing, then runs every layer but the slow one, which takes minutes
// and real engines: `npm run test:slow`. Tests whose peers (Python, a real
// tritonserver, a Docker daemon) cannot be had are skipped and named; with CI=true or REQUIRE_ALL_LAYERS=1 a skip is a
// failure (test/layers-reporter.ts).
import { spawn } from 'node:child_process';
import path from 'node:path';
import { ensureDocker } from './docker.mjs';
import {
  ensureAzureAiMl,
  ensureAzureAiMl112,
  ensureAzureml,
  ensureOnnx,
  ensurePeers,
  ensurePerfAnalyzer,
  ensureTriton,
} from './peers.mjs';
import { root, say, setUp } from './setup.mjs';

await setUp();
const python = await ensurePeers();
if (!python) say('Without it, the tests that need Python are skipped.');
const triton = await ensureTriton();
if (!triton) say('Without it, the tests of the native engine are skipped.');
const azureml = await ensureAzureml();
if (!azureml) say('Without it, our Azure ML SDK is not compared with the real one.');
const docker = process.argv.includes('slow') ? await ensureDocker() : undefined;
const azureAiMl = process.argv.includes('slow') ? await ensureAzureAiMl() : undefined;
const azureAiMl112 = process.argv.includes('slow') ? await ensureAzureAiMl112() : undefined;
const onnx = process.argv.includes('slow') ? await ensureOnnx() : undefined;
const perfAnalyzer = process.argv.includes('slow') ? await ensurePerfAnalyzer() : undefined;
const layers = process.argv.includes('--project') ? [] : ['--project', '!slow'];

const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
const child = spawn(process.execPath, [vitest, 'run', ...layers, ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  env: {
    ...process.env,
    ...(python && { TRITON_LOCAL_TEST_PYTHON: python }),
    ...(triton && { TRITON_LOCAL_TEST_TRITON: triton }),
    ...(azureml && { TRITON_LOCAL_TEST_AZUREML: azureml }),
    ...(azureAiMl && { TRITON_LOCAL_TEST_AZURE_AI_ML: azureAiMl }),
    ...(azureAiMl112 && { TRITON_LOCAL_TEST_AZURE_AI_ML_1_12: azureAiMl112 }),
    ...(onnx && { TRITON_LOCAL_TEST_ONNX: onnx }),
    ...(perfAnalyzer && { TRITON_LOCAL_TEST_PERF_ANALYZER: perfAnalyzer }),
    ...(docker && { TRITON_LOCAL_TEST_DOCKER: docker }),
  },
});
// Ctrl+C reaches vitest through the terminal; we only stay until it is done.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('close', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 143);
});
