// Requests per second of inference (binary tensors, one image) and of scoring (the sample's own script), by `wrk`.
import { DigitsProject, readHeldOut, scoreBody } from '../e2e/digits.ts';
import { EmulatorProcess } from '../helpers/emulator-process.ts';
import { inferRequest } from './lib/infer-request.mjs';
import { haveWrk, WrkRequest } from './lib/wrk.mjs';

const SECONDS = 5;
const CONNECTIONS = [1, 8, 32];

export async function run() {
  if (!haveWrk()) return;
  const project = await DigitsProject.create();
  const { images, labels } = await readHeldOut();
  const emulator = await EmulatorProcess.startReady({ projectDir: project.directory });
  try {
    const { http, score } = emulator.urls;
    const pixels = Buffer.from(Float32Array.from(images[0].flat()).buffer);
    const infer = inferRequest('image', [1, 64], pixels);
    await checkInfer(`${http}/v2/models/digits/infer`, infer, labels[0]);
    await measure('infer', `${http}/v2/models/digits/infer`, infer);
    const body = Buffer.from(scoreBody(images[0]));
    await measure('score', score, { headers: { 'Content-Type': 'application/json' }, body });
  } finally {
    await emulator[Symbol.asyncDispose]();
    await project[Symbol.asyncDispose]();
  }
}

/** wrk looks at statuses only: that the very request it sends gets the right digit is seen once, before. */
async function checkInfer(url, { headers, body }, label) {
  const response = await fetch(url, { method: 'POST', headers, body });
  const answer = Buffer.from(await response.arrayBuffer());
  const json = Number(response.headers.get('inference-header-content-length'));
  const scores = Array.from({ length: 10 }, (_, digit) => answer.readFloatLE(json + digit * 4));
  const digit = scores.indexOf(Math.max(...scores));
  if (response.status !== 200 || digit !== label) throw new Error(`expected ${label}: ${answer}`);
}

async function measure(name, url, request) {
  const sent = await WrkRequest.create(request);
  await sent.send(url, { connections: 8, seconds: 1 });
  for (const connections of CONNECTIONS) {
    const { rate, p50, p99 } = await sent.send(url, { connections, seconds: SECONDS });
    process.stdout.write(
      `${name}, c = ${connections}: ${rate.toFixed(0)}/s, p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms\n`,
    );
  }
  await sent[Symbol.asyncDispose]();
}
