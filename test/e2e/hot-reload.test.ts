import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BROKEN_SAVES, HANG_LIMIT_SECONDS } from '../helpers/broken-saves.ts';
import { EmulatorProcess } from '../helpers/emulator-process.ts';
import { Load } from '../helpers/load.ts';
import { editionOf, NamedProject, PARTS } from '../helpers/named-project.ts';
import { peerPython } from '../helpers/python.ts';
import { RandomEdits, randomFrom, untilServed } from '../helpers/random-edits.ts';

// The promises of docs/hot-reload.md in their short form; `npm run bench -- reload` has the long one.
const BURSTS = 15;

describe.skipIf(!peerPython)('hot reload under load', () => {
  let project: NamedProject;
  let emulator: EmulatorProcess;
  let load: Load;
  let sent = 0;
  let savedAfter = 0;

  beforeAll(async () => {
    project = await NamedProject.create();
    emulator = await EmulatorProcess.startReady({
      projectDir: project.directory,
      args: [...project.flags, '--timeout', String(HANG_LIMIT_SECONDS)],
    });
    load = new Load({
      url: emulator.urls.score,
      body() {
        sent += 1;
        return JSON.stringify({ id: sent });
      },
      requestsPerSecond: 100,
    });
  });

  afterAll(async () => {
    await load?.[Symbol.asyncDispose]();
    await emulator?.[Symbol.asyncDispose]();
    await project?.[Symbol.asyncDispose]();
  });

  describe('what cannot work leaves the last good serving, until the next good save', () => {
    afterEach(async () => {
      await project.restore();
      await untilServed({ project, emulator, load }, PARTS, savedAfter);
    });

    for (const { title, save, file, line, excerpt, message } of BROKEN_SAVES) {
      it(title, async () => {
        const good = project.edition;
        savedAfter = emulator.lastSeq;
        const after = savedAfter;
        const begun = load.answers.length;
        await save(project);
        const failed = await emulator.waitFor('reload.failed', () => true, { after });
        expect(failed.error).toMatchObject({ message: expect.stringMatching(message) });
        if (excerpt !== undefined) expect(failed.error.excerpt).toBe(excerpt);
        expect([failed.error.file, failed.error.line]).toEqual([project.at(file), line]);
        const stale = await load.waitFor((answer) => answer.stale, performance.now());
        expect(editionOf(stale.body)).toEqual(good);
        const meanwhile = load.answers.slice(begun).map(({ body }) => editionOf(body));
        expect(meanwhile.filter((edition) => JSON.stringify(edition) !== JSON.stringify(good))).toEqual([]);
      });
    }
  });

  it('random saves lose no request, answer none twice and none with what is old', async () => {
    const seed = Date.now() % 1e6;
    const edits = new RandomEdits({ project, emulator, load, random: randomFrom(seed) });
    for (let burst = 0; burst < BURSTS; burst += 1) await edits.burst();
    await load.stop();
    expect(edits.wrongAnswers(), `seed ${seed}`).toEqual([]);
    expect(load.failures).toEqual([]);
    const runs = await project.runs();
    expect(runs).toHaveLength(sent);
    expect(new Set(runs).size).toBe(sent);
  });
});
