import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { event } from '../../src/events/schema.ts';
import { EmulatorProcess } from '../helpers/emulator-process.ts';
import { Load } from '../helpers/load.ts';
import { peerPython } from '../helpers/python.ts';
import {
  DigitsProject,
  type HeldOut,
  inferWithTritonClient,
  readHeldOut,
  score,
  scoreBody,
  statedAccuracy,
} from './digits.ts';

// One emulator, started as a user starts it, lives through these tests in their order.
describe.skipIf(!peerPython)('the packed package on a copy of the sample, without a terminal', () => {
  let project: DigitsProject;
  let emulator: EmulatorProcess;
  let heldOut: HeldOut;
  let image: HeldOut['images'][number];

  beforeAll(async () => {
    heldOut = await readHeldOut();
    image = heldOut.images[0] ?? [];
    project = await DigitsProject.create();
    emulator = await EmulatorProcess.startReady({
      command: ['npx', 'triton-local'],
      cwd: inject('installFolder'),
      projectDir: project.directory,
    });
  });

  afterAll(async () => {
    await emulator?.[Symbol.asyncDispose]();
    await project?.[Symbol.asyncDispose]();
  });

  it('says what serves and why, and is ready on both ports', async () => {
    const selected = await emulator.waitFor('engine.selected');
    expect(selected).toMatchObject({ kind: 'embedded', reason: expect.stringMatching(/\S/) });
    const { scoring, http } = emulator.urls;
    expect((await fetch(`${http}/v2/health/ready`)).status).toBe(200);
    const root = await fetch(`${scoring}/`);
    expect([root.status, await root.text()]).toEqual([200, 'Healthy']);
    expect(await (await fetch(`${scoring}/_triton-local/status`)).json()).toMatchObject({
      state: 'ready',
      engine: { kind: 'embedded' },
      stale: false,
      models: [{ name: 'digits', version: '1', state: 'READY' }],
    });
  });

  it('writes events of the published shape and nothing else on stdout, in their order', () => {
    expect(emulator.strayLines).toEqual([]);
    const misshapen = emulator.events.filter((one) => !event.safeParse(one).success);
    expect(misshapen).toEqual([]);
    const order = emulator.events.map(({ seq }) => seq);
    expect(order).toEqual([...new Set(order)].sort((a, b) => a - b));
  });

  it('infers with the real tritonclient and scores with the accuracy that the sample states', async () => {
    const { http, score: scoreUrl } = emulator.urls;
    const digits = await inferWithTritonClient(http, heldOut.images);
    const answers = [];
    for (const one of heldOut.images) answers.push(await score(scoreUrl, one));
    expect(answers.map(({ digit }) => digit)).toEqual(digits);

    const right = digits.filter((digit, index) => digit === heldOut.labels[index]).length;
    expect(right / heldOut.labels.length).toBeCloseTo(await statedAccuracy(), 3);
    for (const { digit, probabilities } of answers) {
      expect(probabilities.indexOf(Math.max(...probabilities))).toBe(digit);
    }
  });

  it('answers what is wrong as Triton and Azure ML do, and lives on', async () => {
    const { http, scoring, score: scoreUrl } = emulator.urls;
    const post = (url: string, body: string) => fetch(url, { method: 'POST', body });
    expect((await post(`${http}/v2/models/nobody/infer`, '{"inputs":[]}')).status).toBe(404);
    expect((await post(`${http}/v2/models/digits/infer`, '{"inputs":')).status).toBe(500);
    const wrongShape = {
      inputs: [{ name: 'image', datatype: 'FP32', shape: [1, 63], data: Array(63).fill(0) }],
    };
    expect((await post(`${http}/v2/models/digits/infer`, JSON.stringify(wrongShape))).status).toBe(400);
    expect((await fetch(`${scoring}/nothing-here`)).status).toBe(404);
    expect((await fetch(scoreUrl, { method: 'DELETE' })).status).toBe(405);
    expect((await score(scoreUrl, image)).digit).toBe(heldOut.labels[0]);
  });

  describe('under load', () => {
    let load: Load;

    beforeAll(() => {
      load = new Load({ url: emulator.urls.score, body: scoreBody(image), requestsPerSecond: 200 });
    });
    afterAll(() => load[Symbol.asyncDispose]());

    const editionOf = (body: string) => JSON.parse(body).edition;

    it('gives the answer of a saved script, and after reload.completed no other', async () => {
      const { lastSeq } = emulator;
      const saved = performance.now();
      await project.saveEdition('two');
      await load.waitFor(({ body }) => editionOf(body) === 'two', saved);
      const completed = await emulator.waitFor('reload.completed', () => true, { after: lastSeq });
      const seen = performance.now();
      expect(completed.actions).toMatchObject([{ kind: 'swap-workers' }]);
      await load.waitFor(({ sentAt }) => sentAt > seen + 300, seen);
      const late = load.answers.filter(({ sentAt }) => sentAt > seen);
      expect(new Set(late.map(({ body }) => editionOf(body)))).toEqual(new Set(['two']));
      expect(late.every(({ generation, stale }) => generation === completed.generation && !stale)).toBe(true);
    });

    it('gives the old answer, marked stale, while the script is broken, and names file and line', async () => {
      const { lastSeq } = emulator;
      const saved = performance.now();
      const line = await project.saveBroken();
      const failed = await emulator.waitFor('reload.failed', () => true, { after: lastSeq });
      expect(failed.error.file).toMatch(/score\.py$/);
      expect(failed.error.line).toBe(line);
      const answer = await load.waitFor(({ stale }) => stale, saved);
      expect(editionOf(answer.body)).toBe('two');
    });

    it('recovers by the next good save', async () => {
      const saved = performance.now();
      await project.saveEdition('three');
      const answer = await load.waitFor(({ body }) => editionOf(body) === 'three', saved);
      expect(answer.stale).toBe(false);
    });

    it('notices a helper module', async () => {
      await project.saveEditionInHelper('four');
      await load.waitFor(({ body }) => editionOf(body) === 'four', performance.now());
      await project.saveHelper('five');
      await load.waitFor(({ body }) => editionOf(body) === 'five', performance.now());
    });

    it('reloads a model whose config.pbtxt changes, and keeps the generation', async () => {
      const { lastSeq } = emulator;
      // The last answers of the load may still be of the generation before.
      const status = await fetch(`${emulator.urls.scoring}/_triton-local/status`);
      const { generation: before } = (await status.json()) as { generation: number };
      await project.changeModelConfig(
        (text) => `${text}\nparameters { key: "note" value { string_value: "seen" } }\n`,
      );
      const loadsModel = ({ actions }: { actions: readonly { kind: string }[] }) =>
        actions[0]?.kind === 'load-model';
      const completed = await emulator.waitFor('reload.completed', loadsModel, { after: lastSeq });
      expect(completed.actions).toMatchObject([{ kind: 'load-model', target: 'digits' }]);
      const config = await (await fetch(`${emulator.urls.http}/v2/models/digits/config`)).json();
      expect(config).toMatchObject({ parameters: { note: { string_value: 'seen' } } });
      expect(completed.generation).toBe(before);
    });

    it('keeps the model that served while its config.pbtxt is broken, and names the file', async () => {
      const { lastSeq } = emulator;
      let good = '';
      await project.changeModelConfig((text) => {
        good = text;
        return `${text}\nmax_batch_size: many\n`;
      });
      const failed = await emulator.waitFor('reload.failed', () => true, { after: lastSeq });
      expect(failed.error.file).toMatch(/config\.pbtxt$/);
      expect((await fetch(`${emulator.urls.http}/v2/models/digits/ready`)).status).toBe(200);
      const { lastSeq: broken } = emulator;
      await project.changeModelConfig(() => good);
      await emulator.waitFor('reload.completed', () => true, { after: broken });
    });

    it('serves a new version of the model', async () => {
      const { lastSeq } = emulator;
      await project.addVersion(2);
      await emulator.waitFor('model.state', (event) => event.version === '2' && event.state === 'READY', {
        after: lastSeq,
      });
      const metadata = await (await fetch(`${emulator.urls.http}/v2/models/digits`)).json();
      expect(metadata).toMatchObject({ versions: ['2'] });
    });

    it('has lost no request in all of it, and changed no answer', async () => {
      await load.stop();
      expect(load.answers.length).toBeGreaterThan(200);
      expect(load.failures.map(({ status, body }) => `${status} ${body}`)).toEqual([]);
      const digits = load.answers.map(({ body }) => {
        const answer = JSON.parse(body);
        return (answer.answer ?? answer).digit;
      });
      expect(new Set(digits)).toEqual(new Set([heldOut.labels[0]]));
    });
  });

  it('ends on SIGTERM with 143 and nothing is left running', async () => {
    const end = await emulator.stop('SIGTERM');
    expect(end.leftovers).toEqual([]);
    expect(emulator.events.at(-1)).toMatchObject({ type: 'emulator.stopped', exitCode: 143 });
  });
});
