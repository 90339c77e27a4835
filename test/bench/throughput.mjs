// Requests per second of inference (binary tensors, one image) and of scoring (the sample's own script), by `wrk`.
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { DigitsProject, readHeldOut, scoreBody } from '../e2e/digits.ts';
import { EmulatorProcess } from '../helpers/emulator-process.ts';
import { TempFolder } from '../helpers/temp-project.ts';

const SECONDS = 5;
const CONNECTIONS = [1, 8, 32];

export async function run() {
  if (spawnSync('wrk', ['--version']).error) {
    process.stdout.write('skipped: there is no wrk on PATH\n');
    return;
  }
  const folder = await TempFolder.create();
  const project = await DigitsProject.create();
  const { images, labels } = await readHeldOut();
  const emulator = await EmulatorProcess.startReady({ projectDir: project.directory });
  try {
    const { http, score } = emulator.urls;
    const infer = inferRequest(images[0].flat());
    await checkInfer(`${http}/v2/models/digits/infer`, infer, labels[0]);
    for (const connections of CONNECTIONS) {
      measure(folder, 'infer', `${http}/v2/models/digits/infer`, infer, connections);
    }
    const body = Buffer.from(scoreBody(images[0]));
    const scoreRequest = { headers: { 'Content-Type': 'application/json' }, body };
    for (const connections of CONNECTIONS) measure(folder, 'score', score, scoreRequest, connections);
  } finally {
    await emulator[Symbol.asyncDispose]();
    await project[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  }
}

function inferRequest(pixels) {
  const data = Buffer.from(Float32Array.from(pixels).buffer);
  const header = JSON.stringify({
    inputs: [
      { name: 'image', datatype: 'FP32', shape: [1, 64], parameters: { binary_data_size: data.length } },
    ],
    parameters: { binary_data_output: true },
  });
  const headers = { 'Inference-Header-Content-Length': String(Buffer.byteLength(header)) };
  return { headers, body: Buffer.concat([Buffer.from(header), data]) };
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

function measure(folder, name, url, { headers, body }, connections) {
  const script = folder.path('request.lua');
  const bytes = [...body].map((byte) => `\\${String(byte).padStart(3, '0')}`).join('');
  const lines = Object.entries(headers).map(([key, value]) => `wrk.headers["${key}"] = "${value}"`);
  writeFileSync(script, `wrk.method = "POST"\nwrk.body = "${bytes}"\n${lines.join('\n')}\n`);
  const threads = Math.min(connections, 2);
  const wrk = (seconds) =>
    execFileSync(
      'wrk',
      [`-t${threads}`, `-c${connections}`, `-d${seconds}s`, '--latency', '-s', script, url],
      { encoding: 'utf8' },
    );
  wrk(1);
  const output = wrk(SECONDS);
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(output)?.[1];
  const [p50, p99] = ['50%', '99%'].map(
    (part) => new RegExp(`^\\s+${part}\\s+(\\S+)`, 'm').exec(output)?.[1],
  );
  const wrong = /Non-2xx or 3xx responses: (\d+)/.exec(output)?.[1] ?? '0';
  process.stdout.write(`${name}, c = ${connections}: ${rate}/s, p50 ${p50}, p99 ${p99}, ${wrong} failed\n`);
}
