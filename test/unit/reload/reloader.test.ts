import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventOf } from '../../../src/events/index.ts';
import { HELPER, ONNX, PBTXT, SCRIPT, startFake } from './fakes.ts';

describe('reloader', () => {
  let fake: ReturnType<typeof startFake>;

  beforeEach(async () => {
    fake = startFake();
    fake.reloader.watch(fake.fakeWatching);
    await fake.clock.advance(1_000);
    expect(fake.events.splice(0)).toMatchObject([{ type: 'reload.watching', mode: 'events' }]);
  });

  afterEach(async () => {
    await fake.clock.advance(100_000);
    await fake.reloader[Symbol.asyncDispose]();
    expect(fake.target.overlapped).toBe(false);
    expect(fake.clock.timers).toBe(0);
  });

  const failed = () =>
    fake.events.find((event) => event.type === 'reload.failed') as EventOf<'reload.failed'>;

  it('starts warming at the first sign and switches when the file was quiet for 80 ms', async () => {
    fake.save(SCRIPT, 'v2');
    await fake.clock.advance(5);
    expect(fake.target.calls).toHaveLength(1);
    await fake.clock.advance(70);
    expect(fake.target.generation).toBe(1);
    await fake.clock.advance(10);
    expect(fake.target.generation).toBe(2);
    expect(fake.types()).toEqual(['planned', 'completed']);
    expect(fake.events[1]).toMatchObject({ generation: 2, causes: ['score.py'] });
  });

  it('does nothing for a touch and for equal content written again', async () => {
    fake.save(SCRIPT, 'v1');
    await fake.clock.advance(5_000);
    expect(fake.target.calls).toEqual([]);
    expect(fake.events).toEqual([]);
  });

  it('waits with an emptied file until its content comes, and reloads once', async () => {
    fake.save(SCRIPT, '');
    await fake.clock.advance(25);
    expect(fake.target.calls).toEqual([]);
    fake.save(SCRIPT, 'v2');
    await fake.clock.advance(5_000);
    expect(fake.target.calls).toHaveLength(1);
    expect(fake.types()).toEqual(['planned', 'completed']);
  });

  it('believes that a file stays empty after a while', async () => {
    fake.save(HELPER, '');
    await fake.clock.advance(5_000);
    expect(fake.types()).toEqual(['planned', 'completed']);
  });

  it('never shows the failure of half a file whose rest follows', async () => {
    fake.save(SCRIPT, 'broken half');
    await fake.clock.advance(40);
    fake.save(SCRIPT, 'v2');
    await fake.clock.advance(5_000);
    expect(fake.types()).toEqual(['planned', 'completed']);
    expect(fake.target.served.get('workers')).toBe(`${SCRIPT}=v2`);
  });

  it('holds a quick failure back until the file is quiet, and drops it when the rest comes', async () => {
    fake.target.waits = false;
    fake.target.warmMs = 1;
    fake.save(SCRIPT, 'broken half');
    await fake.clock.advance(40);
    expect(fake.events).toEqual([]);
    fake.save(SCRIPT, 'v2');
    await fake.clock.advance(5_000);
    expect(fake.types()).toEqual(['planned', 'completed']);
  });

  it('reports a broken script within 300 ms, once, and does not try it again', async () => {
    fake.save(SCRIPT, 'broken');
    await fake.clock.advance(300);
    expect(fake.types()).toEqual(['planned', 'failed']);
    expect(failed().error).toEqual({ code: 'BROKEN', message: 'workers is broken', line: 3, file: SCRIPT });
    await fake.clock.advance(60_000);
    expect(fake.target.calls).toHaveLength(1);
  });

  it('clears a failure when the content goes back to what serves', async () => {
    fake.save(SCRIPT, 'broken');
    await fake.clock.advance(5_000);
    fake.save(SCRIPT, 'v1');
    await fake.clock.advance(5_000);
    expect(fake.types()).toEqual(['planned', 'failed', 'planned', 'completed']);
    expect(fake.target.served.get('workers')).toBe(`${SCRIPT}=v1`);
  });

  it('ends a warming generation when a newer save comes', async () => {
    fake.target.warmMs = 10_000;
    fake.save(SCRIPT, 'v2');
    await fake.clock.advance(3_000);
    fake.target.warmMs = 10;
    fake.save(SCRIPT, 'v3');
    await fake.clock.advance(200);
    expect(fake.target.generation).toBe(2);
    expect(fake.target.served.get('workers')).toBe(`${SCRIPT}=v3`);
    expect(fake.types()).toEqual(['planned', 'planned', 'completed']);
  });

  it('does not switch at all when the newer save is the content that serves', async () => {
    fake.target.warmMs = 10_000;
    fake.save(SCRIPT, 'v2');
    await fake.clock.advance(40);
    fake.save(SCRIPT, 'v1');
    await fake.clock.advance(20_000);
    expect(fake.target.generation).toBe(1);
    expect(fake.events).toEqual([]);
  });

  it('reports an outcome of an announced reload even if the newer save is what is already being served', async () => {
    fake.target.warmMs = 10_000;
    fake.save(SCRIPT, 'v2');
    await fake.clock.advance(1_000);
    fake.save(SCRIPT, 'v1');
    await fake.clock.advance(20_000);
    expect(fake.target.generation).toBe(1);
    expect(fake.types()).toEqual(['planned', 'completed']);
    expect(fake.events[1]).toMatchObject({ generation: 1, actions: [] });
  });

  it('stays broken when a save is taken back to the content that failed', async () => {
    fake.save(SCRIPT, 'broken');
    await fake.clock.advance(1_000);
    fake.target.warmMs = 10_000;
    fake.save(SCRIPT, 'v2');
    await fake.clock.advance(1_000);
    fake.save(SCRIPT, 'broken');
    await fake.clock.advance(30_000);
    expect(fake.types()).toEqual(['planned', 'failed', 'planned', 'planned', 'failed']);
  });

  it('brings one content to its end though saves never stop', async () => {
    fake.target.warmMs = 700;
    for (let save = 2; save < 60; save += 1) {
      fake.save(SCRIPT, `v${save}`);
      await fake.clock.advance(300);
    }
    expect(fake.target.generation).toBeGreaterThan(1);
    await fake.clock.advance(5_000);
    expect(fake.target.served.get('workers')).toBe(`${SCRIPT}=v59`);
  });

  it('finds changes that no event announced, and reports them to the watchers', async () => {
    fake.disk.write(SCRIPT, 'v2');
    await fake.clock.advance(2_300);
    expect(fake.types()).toEqual(['planned', 'completed']);
    expect(fake.watching.missed).toBe(1);
  });

  it('waits until weights stop changing, while scripts reload', async () => {
    let at = 0;
    for (; at < 5_000; at += 100) {
      fake.save(ONNX, 'w'.repeat(at + 10));
      if (at === 2_000) fake.save(SCRIPT, 'v2');
      await fake.clock.advance(100);
    }
    expect(fake.target.calls.map(({ actions }) => actions[0]?.kind)).toEqual(['swap-workers']);
    const lines = fake.events.filter((event) => event.type === 'log.line');
    expect(lines[0]?.text).toBe('models/digits/1/model.onnx is still being written: 0.0 MB');
    await fake.clock.advance(400);
    expect(fake.target.calls.map(({ actions }) => actions[0]?.kind)).toEqual(['swap-workers', 'load-model']);
    expect(fake.types().filter((type) => type === 'completed')).toHaveLength(2);
  });

  it('gives up waiting for weights after a minute', async () => {
    for (let at = 0; at < 61_000; at += 200) {
      fake.save(ONNX, `w${String(at).padStart(6, '0')}`);
      await fake.clock.advance(200);
    }
    expect(fake.target.calls.length).toBeGreaterThan(0);
  });

  it('reloads only the model whose configuration changed', async () => {
    fake.save(PBTXT, 'c2');
    await fake.clock.advance(500);
    expect(fake.target.calls.flatMap(({ actions }) => actions)).toEqual([
      { kind: 'load-model', target: 'digits', reason: 'config.pbtxt changed' },
    ]);
  });

  it('applies a good script though a model saved with it is refused', async () => {
    fake.disk.write(PBTXT, 'broken');
    fake.save(SCRIPT, 'v2');
    await fake.clock.advance(500);
    expect(fake.target.generation).toBe(2);
    fake.save(SCRIPT, 'v3');
    await fake.clock.advance(500);
    expect(fake.target.calls.at(-1)?.actions.map(({ kind }) => kind)).toEqual(['swap-workers']);
  });

  it('unloads a model that was refused when it came and is taken away again', async () => {
    fake.save('/p/models/extra/config.pbtxt', 'broken');
    await fake.clock.advance(500);
    fake.disk.remove('/p/models/extra/config.pbtxt');
    fake.reloader.hint();
    await fake.clock.advance(500);
    expect(fake.target.calls.at(-1)?.actions).toEqual([
      { kind: 'unload-model', target: 'extra', reason: 'model removed' },
    ]);
  });

  describe('the timings', () => {
    const timingsOf = (event: EventOf<'reload.completed'> | undefined) => {
      if (!event) throw new Error('no reload completed');
      const { settleMs, planMs, applyMs, totalMs, ...parts } = event.timings;
      expect(settleMs + planMs + applyMs).toBe(totalMs);
      expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBe(totalMs);
      return Object.fromEntries(Object.entries(parts).filter(([, spent]) => spent > 0));
    };
    const timings = () => timingsOf(fake.events.find((event) => event.type === 'reload.completed'));

    it('has the wait for quiet hidden behind a slow start', async () => {
      fake.target.warmMs = 400;
      fake.save(SCRIPT, 'v2');
      await fake.clock.advance(1_000);
      expect(timings()).toEqual({ warmMs: 400 });
    });

    it('names the wait for quiet that a fast start leaves', async () => {
      fake.target.warmMs = 10;
      fake.save(SCRIPT, 'v2');
      await fake.clock.advance(1_000);
      expect(timings()).toEqual({ warmMs: 10, quietMs: 70 });
    });

    it('counts what came to nothing as waiting', async () => {
      fake.target.warmMs = 10;
      fake.save(SCRIPT, 'v2');
      await fake.clock.advance(40);
      fake.save(SCRIPT, 'v3');
      await fake.clock.advance(1_000);
      expect(timings()).toEqual({ warmMs: 10, quietMs: 120 });
    });

    it('begins when the file was saved, though no event announced it', async () => {
      const savedAt = fake.clock.now();
      fake.disk.write(SCRIPT, 'v2');
      await fake.clock.advance(5_000);
      const scannedAt = (fake.target.calls[0]?.at ?? 0) - savedAt;
      expect(scannedAt).toBeGreaterThan(500);
      expect(timings()).toEqual({ noticeMs: scannedAt, warmMs: 10, quietMs: 70 });
    });

    it('names the wait until weights stand still', async () => {
      fake.save(ONNX, 'w2');
      await fake.clock.advance(1_000);
      expect(timings()).toEqual({ quietMs: 250, loadMs: 10 });
    });
  });

  it('waits for weights that a process holds open, however long the pause', async () => {
    fake.disk.held.add(ONNX);
    fake.save(ONNX, 'w2 half');
    await fake.clock.advance(30_000);
    expect(fake.target.calls).toEqual([]);
    fake.save(ONNX, 'w2 whole');
    fake.disk.held.clear();
    await fake.clock.advance(600);
    expect(fake.target.calls).toHaveLength(1);
    expect(fake.target.served.get('digits')).toContain('w2 whole');
  });

  it('waits for weights that grow for longer than a minute', async () => {
    for (let at = 0; at < 90_000; at += 200) {
      fake.save(ONNX, 'w'.repeat(100 + at));
      await fake.clock.advance(200);
    }
    expect(fake.target.calls).toEqual([]);
    await fake.clock.advance(500);
    expect(fake.target.calls).toHaveLength(1);
  });

  describe('a script that writes into its own folder', () => {
    const STATE = '/p/state.json';
    const lines = () =>
      fake.events.flatMap((event) => (event.type === 'log.line' ? [`${event.level}: ${event.text}`] : []));

    it('as it starts is ignored with a warning, and real saves still reload', async () => {
      let starts = 0;
      fake.target.warmMs = 40;
      fake.target.onStart = () => {
        starts += 1;
        fake.disk.write(STATE, `start ${starts}`);
      };
      fake.save(SCRIPT, 'v2');
      await fake.clock.advance(20_000);
      expect(starts).toBeLessThan(12);
      expect(lines()).toEqual([
        expect.stringMatching(/^warning: state\.json changes each time the script starts/),
      ]);
      const before = starts;
      await fake.clock.advance(60_000);
      expect(starts).toBe(before);
      expect(fake.target.served.get('workers')).toContain(`${SCRIPT}=v2`);
      fake.save(SCRIPT, 'v3');
      await fake.clock.advance(500);
      expect(fake.target.served.get('workers')).toContain(`${SCRIPT}=v3`);
      expect(starts).toBe(before + 1);
    });

    it('slowly is stopped as well', async () => {
      let starts = 0;
      fake.target.warmMs = 20_000;
      fake.target.onStart = () => {
        starts += 1;
        const text = `start ${starts}`;
        fake.clock.after(15_000, () => fake.disk.write(STATE, text));
      };
      fake.save(SCRIPT, 'v2');
      await fake.clock.advance(600_000);
      expect(starts).toBeLessThan(12);
      expect(lines()).toHaveLength(1);
    });

    it('counts again when something else changes that file later', async () => {
      let starts = 0;
      fake.target.onStart = () => {
        starts += 1;
        fake.disk.write(STATE, `start ${starts}`);
      };
      fake.save(SCRIPT, 'v2');
      await fake.clock.advance(30_000);
      fake.target.onStart = () => undefined;
      fake.save(STATE, 'by hand');
      await fake.clock.advance(500);
      expect(fake.target.served.get('workers')).toContain(`${STATE}=by hand`);
    });

    it('with every request is reloaded when the file has rested', async () => {
      for (let request = 0; request < 200; request += 1) {
        fake.save(STATE, `request ${request}`);
        await fake.clock.advance(100);
      }
      expect(fake.target.calls.length).toBeLessThan(20);
      await fake.clock.advance(2_000);
      expect(fake.target.served.get('workers')).toContain(`${STATE}=request 199`);
      expect(lines()).toEqual([expect.stringMatching(/^warning: state\.json keeps changing/)]);
    });

    it('is not suspected of what people save while it starts', async () => {
      fake.target.warmMs = 20_000;
      for (let save = 1; save < 20; save += 1) {
        fake.save(STATE, `by hand ${save}`);
        await fake.clock.advance(7_000 + (save % 3) * 4_000);
      }
      await fake.clock.advance(60_000);
      expect(lines()).toEqual([]);
      expect(fake.target.served.get('workers')).toContain(`${STATE}=by hand 19`);
    });

    it('is not suspected of what a program saves as soon as a reload has completed', async () => {
      let saves = 0;
      fake.bus.subscribe((event) => {
        if (event.type !== 'reload.completed' || saves === 30) return;
        saves += 1;
        fake.clock.after(1, () => fake.save(STATE, `answer ${saves}`));
      });
      fake.save(STATE, 'answer 0');
      await fake.clock.advance(60_000);
      expect(lines()).toEqual([]);
      expect(fake.target.served.get('workers')).toContain(`${STATE}=answer 30`);
    });

    it('does not keep people from saving as often as they like', async () => {
      for (let save = 2; save < 40; save += 1) {
        fake.save(SCRIPT, `v${save}`);
        await fake.clock.advance(150);
        expect(fake.target.served.get('workers')).toBe(`${SCRIPT}=v${save}`);
      }
    });
  });

  it('takes no notice while paused and catches up when resumed', async () => {
    fake.reloader.pause();
    fake.save(SCRIPT, 'v2');
    await fake.clock.advance(10_000);
    expect(fake.events).toMatchObject([{ type: 'reload.watching', mode: 'paused' }]);
    fake.reloader.resume();
    await fake.clock.advance(500);
    expect(fake.types()).toEqual(['watching', 'watching', 'planned', 'completed']);
    expect(fake.events[1]).toMatchObject({ mode: 'events' });
  });

  it('says that the project cannot be read, once, and that it can be again', async () => {
    fake.disk.failReading = new Error('the disk is on fire');
    fake.save(PBTXT, 'c2');
    await fake.clock.advance(10_000);
    expect(fake.types()).toEqual(['failed']);
    fake.disk.failReading = undefined;
    fake.save(PBTXT, 'c1');
    await fake.clock.advance(10_000);
    expect(fake.types()).toEqual(['failed', 'completed']);
  });

  it('scans rarely while a chatty writer sends hints without end', async () => {
    const before = fake.disk.scans;
    for (let hint = 0; hint < 1_000; hint += 1) {
      fake.reloader.hint();
      await fake.clock.advance(1);
    }
    expect(fake.disk.scans - before).toBeLessThan(100);
  });

  it('lets go of a target that is warming when it is disposed', async () => {
    fake.target.warmMs = 50_000;
    fake.save(SCRIPT, 'v2');
    await fake.clock.advance(500);
    await fake.reloader[Symbol.asyncDispose]();
    expect(fake.target.running).toBe(0);
    await expect(fake.reloader.reload()).rejects.toMatchObject({ code: 'RELOAD_STOPPED' });
  });

  describe('by hand', () => {
    it('resolves when what was saved serves', async () => {
      fake.reloader.pause();
      fake.disk.write(SCRIPT, 'v2');
      const done = fake.reloader.reload();
      await fake.clock.advance(1_000);
      await done;
      expect(fake.target.generation).toBe(2);
    });

    it('completes without actions if nothing changed', async () => {
      const done = fake.reloader.reload();
      await fake.clock.advance(1_000);
      await done;
      expect(fake.types()).toEqual(['completed']);
      expect(fake.target.calls).toEqual([]);
    });

    it('loads a named model whether it differs or not', async () => {
      const done = fake.reloader.reload('digits');
      await fake.clock.advance(1_000);
      await done;
      expect(fake.target.calls[0]?.actions).toEqual([
        { kind: 'load-model', target: 'digits', reason: 'reloaded by hand' },
      ]);
      await fake.clock.advance(10_000);
      expect(fake.target.calls).toHaveLength(1);
    });

    it('loads a named model also when another reload is under way', async () => {
      fake.target.warmMs = 500;
      fake.save(SCRIPT, 'v2');
      await fake.clock.advance(100);
      const done = fake.reloader.reload('digits');
      await fake.clock.advance(3_000);
      await done;
      expect(fake.target.calls.map(({ actions }) => actions[0]?.kind)).toEqual([
        'swap-workers',
        'load-model',
      ]);
    });

    it('refuses a model that is not there, naming those that are', async () => {
      const done = fake.reloader.reload('digitz');
      const refused = expect(done).rejects.toMatchObject({
        code: 'RELOAD_MODEL_UNKNOWN',
        hint: 'it holds digits',
      });
      await fake.clock.advance(1_000);
      await refused;
      expect(fake.events).toEqual([]);
    });

    it('tries what was refused once more and rejects with the failure', async () => {
      fake.save(SCRIPT, 'broken');
      await fake.clock.advance(1_000);
      const done = expect(fake.reloader.reload()).rejects.toMatchObject({
        code: 'BROKEN',
        location: { file: SCRIPT, line: 3 },
      });
      await fake.clock.advance(1_000);
      await done;
      expect(fake.target.calls).toHaveLength(2);
    });
  });
});

it('reloads by hand without watching, and scans nothing otherwise', async () => {
  const { clock, disk, reloader, target, types } = startFake();
  disk.write(SCRIPT, 'v2');
  reloader.hint();
  await clock.advance(60_000);
  expect(disk.scans).toBe(0);
  const done = reloader.reload();
  await clock.advance(1_000);
  await done;
  expect(target.generation).toBe(2);
  expect(types()).toEqual(['planned', 'completed']);
  expect(clock.timers).toBe(0);
});

it('waits by timers, not by scanning without end, for a weights file that vanished in a pause', async () => {
  const { clock, disk, reloader, fakeWatching, target } = startFake();
  reloader.watch(fakeWatching);
  disk.write(ONNX, 'half');
  await clock.advance(0);
  disk.remove(ONNX);
  reloader.pause();
  await clock.advance(2_500);
  const before = disk.scans;
  reloader.resume();
  await clock.advance(1_000);
  expect(disk.scans - before).toBeLessThan(6);
  expect(target.calls).toHaveLength(1);
  await reloader[Symbol.asyncDispose]();
});

it('tries once more by hand what was refused at the start and has not changed', async () => {
  const { clock, reloader, target, types } = startFake(undefined, ['workers']);
  const done = reloader.reload();
  await clock.advance(1_000);
  await done;
  expect(target.calls[0]?.actions).toMatchObject([{ kind: 'swap-workers', reason: 'reloaded by hand' }]);
  expect(types()).toEqual(['planned', 'completed']);
});
