// From the end of a save of score.py to the first answer of the new code, while requests come at a constant rate; and
// how many of all requests failed.
import { DigitsProject, readHeldOut, scoreBody } from '../e2e/digits.ts';
import { EmulatorProcess } from '../helpers/emulator-process.ts';
import { Load } from '../helpers/load.ts';
import { row } from './lib/figures.mjs';

const EDITS = 30;
const REQUESTS_PER_SECOND = 100;

export async function run() {
  const project = await DigitsProject.create();
  const { images } = await readHeldOut();
  const emulator = await EmulatorProcess.startReady({ projectDir: project.directory });
  const url = emulator.urls.score;
  const load = new Load({ url, body: scoreBody(images[0]), requestsPerSecond: REQUESTS_PER_SECOND });
  try {
    const times = [];
    for (let edit = 0; edit < EDITS; edit += 1) {
      await project.saveEdition(`edit ${edit}`);
      const saved = performance.now();
      const answer = await load.waitFor(({ body }) => body.includes(`edit ${edit}"`), saved);
      times.push(answer.answeredAt - saved);
      await new Promise((resolve) => setTimeout(resolve, 200 + Math.random() * 200));
    }
    await load.stop();
    row('edit to new answer', times, 'ms');
    process.stdout.write(`requests: ${load.answers.length} sent, ${load.failures.length} failed\n`);
  } finally {
    await load[Symbol.asyncDispose]();
    await emulator[Symbol.asyncDispose]();
    await project[Symbol.asyncDispose]();
  }
}
